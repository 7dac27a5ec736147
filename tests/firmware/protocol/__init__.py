"""Tests of firmware/protocol."""
