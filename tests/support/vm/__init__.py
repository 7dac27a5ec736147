"""Functions that run on CPython and on the MicroPython VM: plain literals in, plain literals
out."""
