"""X25519, ChaCha20-Poly1305, HKDF and the seal, for the token. No I/O."""
