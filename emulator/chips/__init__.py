"""Emulated chips, one file each, driven by bytes on buses and levels of pins."""
