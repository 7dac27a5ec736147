"""Runs first. Ctrl-C is a byte of the binary link here, not a way into the program."""

import micropython

micropython.kbd_intr(-1)
