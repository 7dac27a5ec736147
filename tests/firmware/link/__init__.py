"""Tests of firmware/link."""
