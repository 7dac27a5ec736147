"""What goes into a token's file system: compiled firmware, fonts, images."""
