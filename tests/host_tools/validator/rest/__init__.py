"""The REST interfaces."""
