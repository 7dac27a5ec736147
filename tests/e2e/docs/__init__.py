"""The documented commands, run in a terminal."""
