"""Making voice packs: speech synthesis, levels, compression and the file that a token carries."""
