"""Alembic's migrations of the validator's database."""
