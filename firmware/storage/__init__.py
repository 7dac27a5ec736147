"""What a token keeps: a power-safe journal and the sealed vault in it."""
