"""The link for other programs."""
