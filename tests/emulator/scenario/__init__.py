"""Scenarios: what is done to a token, as text."""
