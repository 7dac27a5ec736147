"""The link's messages, for host and token: frames, CBOR, message tables, Noise. No I/O."""
