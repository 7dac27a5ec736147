"""HOTP, TOTP and OCRA with their hashes (RFC 4226, RFC 6238, RFC 6287, RFC 2104). No I/O."""
