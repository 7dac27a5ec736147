"""Boards as plain data: pins, buses and the chips on them. Read by hardware.py, the emulator and
the wiring tables."""
