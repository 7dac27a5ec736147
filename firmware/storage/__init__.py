"""The token's persistent storage: a power-safe journal and the encrypted vault in it."""
