"""Recognising spoken digits in a token's sound."""
