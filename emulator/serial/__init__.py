"""The token's serial link, and the ways in which other programs reach it (pseudo-terminal, RFC
2217)."""
