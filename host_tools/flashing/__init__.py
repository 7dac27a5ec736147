"""Puts MicroPython and a token's file system on a board: the file to flash, and writing it."""
