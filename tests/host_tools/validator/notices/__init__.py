"""Notices by mail and text message."""
