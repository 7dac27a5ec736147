"""The validation server: tokens, users and the checking of codes, each accepted once."""
