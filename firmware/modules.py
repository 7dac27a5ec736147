"""Modules named by data: a chip's driver, a font, a language."""

import sys


def load(name: str):
    """Import the module of that dotted name and return it."""
    __import__(name)
    return sys.modules[name]
