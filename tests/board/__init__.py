"""The firmware on the user's own MicroPython, on an emulated RP2040: its times and screens."""
