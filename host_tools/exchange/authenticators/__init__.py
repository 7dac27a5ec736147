"""Exports of authenticator apps and password managers, one module a format."""
