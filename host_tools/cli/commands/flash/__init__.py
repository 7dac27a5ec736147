"""The commands that make the file for a board and put it there."""
