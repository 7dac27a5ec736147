"""Checks over HTTP, measured."""
