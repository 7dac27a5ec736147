"""The RADIUS interface (RFC 2865)."""
