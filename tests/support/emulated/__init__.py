"""Emulated tokens for tests: what a test does to them, sees and hears."""
