"""Runs before main.py. Disables Ctrl-C, since 0x03 is an ordinary byte of the binary link."""

import micropython

micropython.kbd_intr(-1)
