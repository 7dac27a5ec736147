"""HOTP and TOTP with their hashes (RFC 4226, RFC 6238, RFC 2104). Pure."""
