"""Tests of firmware/speech."""
