"""Import of modules that data name: a chip's driver, a font, a language."""

import sys

if False:
    from firmware.interfaces import Any  # type: ignore[unreachable]


def load(name: str) -> "Any":
    """Import the module of a dotted name and return it."""
    __import__(name)
    return sys.modules[name]
