"""Import of modules that data name: a chip's driver, a font, a language."""

import gc
import sys

if False:
    from firmware.interfaces import Any  # type: ignore[unreachable]

# Bytes of new objects between two collections of garbage, but for power-on and what takes long.
# What is imported stays: with garbage between, it would leave no room for the link.
COLLECT_EVERY = 16_384

UPDATE = "/update"  # the folder of an update; one_file.py puts it on the path for one on trial

# Modules of handshakes, self-tests and names, which are loaded anew for the next one. A frozen one
# takes hardly any memory, and stays. Within this package, whose name would make them part of every
# product.
_SELDOM = (
    "crypto.x25519",
    "drivers.selftest",
    "link.selftest",
    "otp.sha512",
    "protocol.noise",
    "storage.selftest",
    "storage.spoken_names",
    "ui.speaking.names",  # the last: not every product has it
)
_FORGOTTEN = _SELDOM + ("crypto.x25519_native",)  # which X25519 loads where it can


def from_files() -> bool:
    """Return True where the firmware lies in files, False where it is frozen: then its code takes
    hardly any memory."""
    return hasattr(sys.modules["firmware"], "release")


def _dotted(names: tuple) -> tuple:
    return tuple(["firmware." + name for name in names])


def release() -> None:
    """Give back what loading many modules one after another took (one_file.py)."""
    if from_files():
        sys.modules["firmware"].release(_dotted(_FORGOTTEN))


def forget() -> None:
    """Give back the memory of modules that are seldom needed; who needs one imports it again. Those
    that came from elsewhere than the others could not be: the emulator's machine code."""
    if from_files():
        package: Any = sys.modules["firmware"]
        for name in _dotted(_FORGOTTEN):
            module: Any = sys.modules.get(name)
            if module is not None and module.__file__.startswith(package.__path__):
                _drop(name)


def load_together(*names: str) -> None:
    """Load modules from files, named within this package, each where memory is free without the
    garbage of the one before. What the seldom needed ones will leave for good comes first, as it
    would later lie among what goes: their names, and room in the tables of modules."""
    if not from_files():
        return  # a frozen one leaves nothing between
    seldom = _dotted(_SELDOM if "firmware.ui.speaking" in sys.modules else _SELDOM[:-1])
    for name in seldom:
        load(name)
        gc.collect()
    forget()
    for name in _dotted(names):
        load(name)
        gc.collect()
    absent = [name for name in seldom if name not in sys.modules]
    for name in absent:
        _put(name, None)
    for name in absent:
        _drop(name)


def _put(name: str, module: "Any") -> None:
    package, attribute = name.rsplit(".", 1)
    setattr(sys.modules[package], attribute, module)
    sys.modules[name] = module


def _drop(name: str) -> None:
    package, attribute = name.rsplit(".", 1)
    delattr(sys.modules[package], attribute)
    del sys.modules[name]


def load(name: str) -> "Any":
    """Import the module of a dotted name and return it. Import looks for each part of the name
    anew, also of a module that is loaded; of names that it shall take from the last, it is that
    which it returns."""
    return sys.modules.get(name) or __import__(name, None, None, ("__name__",))
