"""Tests of the firmware, on CPython and on the MicroPython VM."""
