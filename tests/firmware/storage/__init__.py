"""Tests of firmware/storage."""
