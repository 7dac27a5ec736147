"""The token's firmware, for MicroPython on a board and in the emulator."""
