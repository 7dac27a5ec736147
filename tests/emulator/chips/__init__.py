"""Tests of the emulated chips at their buses."""
