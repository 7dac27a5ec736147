"""Tests of the emulated token on a desktop."""
