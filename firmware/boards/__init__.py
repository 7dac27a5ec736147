"""Boards as plain data: pins, buses and the chips on them.

Read by hardware.py, by the emulator and by the generator of the wiring tables.
"""
