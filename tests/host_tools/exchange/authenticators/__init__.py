"""Exports of authenticator apps and password managers."""
