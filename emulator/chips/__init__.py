"""Emulated chips, one file each, driven by bus bytes and pin levels."""
