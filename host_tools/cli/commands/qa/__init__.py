"""The commands that judge tokens and servers."""
