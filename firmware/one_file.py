"""The head of firmware.mpy, the package `firmware` in one file: runs when the package is imported,
and lets its modules be imported out of that file.

A file of its own costs a module 8 ms at every power-on, of which 5 are lookups in littlefs, and a
block of 4 KiB. MicroPython reads a .mpy file to the end of its code; behind it, from a place that
the image build knows (host_tools/image/one_file.py), the modules lie one after the other. They are
mounted as a file system of MicroPython's protocol ("Working with filesystems", custom block
devices and mount(): import needs stat() and open()).
"""

import gc
import sys

import vfs
from uio import BytesIO  # "io" would first be looked for in the flash

if False:
    from firmware.interfaces import Any, File  # type: ignore[unreachable]

_FOLDER = (0x4000, 0, 0, 0, 0, 0, 0, 0, 0, 0)
_PLAIN = (0x8000, 0, 0, 0, 0, 0, 0, 0, 0, 0)
_ENOENT = 2
_KEPT = 2048  # bytes
_UPDATE = "/update"


class _Modules:
    """The files behind this head, read only."""

    def __init__(self, folders: tuple, places: dict, longest: int):
        """`folders` are paths, `places` has path -> (offset, size) of a file, and `longest` is the
        size of the longest module."""
        self._places = places
        kinds = dict.fromkeys(places, _PLAIN)
        kinds.update(dict.fromkeys(folders, _FOLDER))
        # Import reads the kind out of what os.stat() gives, three times for a module, and takes any
        # error for no file: a look-up in C takes a sixth of the time.
        self.stat = kinds.__getitem__
        self._file = open(__file__, "rb")  # noqa: SIM115 - stays open
        self._module = memoryview(bytearray(longest))

    def release(self) -> None:
        """Give the buffer for modules back, but for one of the size that most of them have."""
        self._module = memoryview(bytearray(_KEPT))

    def mount(self, readonly: bool, mkfs: bool) -> None:
        """Do nothing: all is known."""

    def umount(self) -> None:
        """Do nothing."""

    def open(self, path: str, mode: str) -> "Any":
        """Return a module's bytes as a stream; of other files, which are read piece by piece, this
        file, which begins at tell()."""
        place = self._places.get(path)
        if place is None:
            raise OSError(_ENOENT)
        start, size = place
        if not path.endswith(".mpy"):
            file: File = open(__file__, "rb")  # noqa: SIM115 - for the caller
            file.seek(start)
            return file
        self._file.seek(start)
        module = self._module
        if size > len(module):
            module = memoryview(bytearray(size))
            if gc.threshold() < 0:  # garbage is not collected now: the longest serves the others
                self._module = module
        content = module[:size]
        self._file.readinto(content)
        return BytesIO(content)


def mount(point: str, folders: tuple, places: dict, longest: int) -> str:
    """Mount this file's modules, as _Modules takes them, at `point`, and return that. While an
    update is on trial, its file is imported in place of this one."""
    if _UPDATE not in sys.path and _on_trial():
        sys.path.insert(0, _UPDATE)
        del sys.modules["firmware"]
        return __import__("firmware").__path__  # type: ignore[return-value] # here it is a text
    modules = _Modules(folders, places, longest)
    vfs.mount(modules, point)
    globals()["release"] = modules.release  # firmware/modules.py calls it
    return point


def _on_trial() -> bool:
    """Count a start of an update that is on trial (storage/update_slot.py), which has three."""
    try:
        with open(_UPDATE + "/starts", "r+b") as file:
            if len(file.read()) < 3:
                file.write(b".")
                return True
    except OSError:  # there is none
        pass
    return False


# The image build adds the call, whose result becomes __path__.
