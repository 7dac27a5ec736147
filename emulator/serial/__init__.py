"""The token's serial link and its endpoints for other programs (pseudo-terminal, RFC 2217)."""
