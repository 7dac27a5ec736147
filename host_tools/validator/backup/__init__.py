"""Copies of the validator's database: made while the server runs, and put back into service."""
