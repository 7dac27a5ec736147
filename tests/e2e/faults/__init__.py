"""Tokens whose parts fail in the field: a right code, a message or a dark display, and never a
wrong code."""
