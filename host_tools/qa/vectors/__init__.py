"""Published test vectors (RFC 4226, 6238, 6287), run on a token and on a validator."""
