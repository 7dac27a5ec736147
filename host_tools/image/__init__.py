"""The file system image of a token: compiled firmware, fonts and voice packs."""
