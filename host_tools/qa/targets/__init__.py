"""Servers that QA submits codes to, each behind the same few methods."""
