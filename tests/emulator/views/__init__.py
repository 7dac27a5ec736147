"""Tests of the emulator's views."""
