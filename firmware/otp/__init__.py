"""HOTP, TOTP and OCRA with their hashes (RFC 4226, 6238, 6287, 2104, 5869). No I/O."""
