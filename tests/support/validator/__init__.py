"""Databases, tokens, applications and server processes for the tests of the validator."""
