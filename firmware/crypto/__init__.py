"""X25519, ChaCha20-Poly1305 and the seal, for the token. No I/O."""
