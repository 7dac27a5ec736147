"""Batches of emulated tokens."""
