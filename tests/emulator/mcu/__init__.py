"""Tests of the emulated microcontroller."""
