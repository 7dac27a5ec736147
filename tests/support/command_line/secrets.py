"""Secrets for the tests of the command line."""

ISSUER_KEY = "5ec2e7" * 10 + "5eff"
MARKED = b"MARKED-secret-of-the-token!"
