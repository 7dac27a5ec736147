"""Import of modules that data name: a chip's driver, a font, a language."""

import sys

if False:
    from firmware.interfaces import Any  # type: ignore[unreachable]

# Bytes of new objects between two collections of garbage, but for power-on and what takes long.
# What is imported stays: with garbage between, it would leave no room for the link.
COLLECT_EVERY = 16_384

UPDATE = "/update"  # the folder of an update; one_file.py puts it on the path for one on trial


def release() -> None:
    """Give back what loading many modules one after another took (one_file.py)."""
    given = getattr(sys.modules["firmware"], "release", None)
    if given is not None:
        given()


def forget(*names: str) -> None:
    """Give back the memory of modules that are seldom needed, named within this package; who needs
    one imports it again. A frozen one takes hardly any."""
    for name in ["firmware." + name for name in names]:
        if name in sys.modules and hasattr(sys.modules["firmware"], "release"):
            package, module = name.rsplit(".", 1)
            delattr(sys.modules[package], module)
            del sys.modules[name]


def load(name: str) -> "Any":
    """Import the module of a dotted name and return it."""
    __import__(name)
    return sys.modules[name]
