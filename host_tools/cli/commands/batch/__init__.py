"""The commands that make tokens by the batch."""
