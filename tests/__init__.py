"""Tests. tests/support/runtime.py runs the same test on CPython and on the MicroPython VM."""
