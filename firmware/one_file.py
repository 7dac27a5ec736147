"""The head of firmware.mpy, the package `firmware` in one file: runs when the package is imported,
and lets its modules be imported out of that file.

A file of its own costs a module 8 ms at every power-on, of which 5 are lookups in littlefs, and a
block of 4 KiB. MicroPython reads a .mpy file to the end of its code; behind it, from a place that
the image build knows (host_tools/image/one_file.py), lie a table and the modules, one after the
other: in the code, what the table says could never be given back. The modules are mounted as a
file system of MicroPython's protocol ("Working with filesystems", custom block devices and mount():
import needs stat() and open()).
"""

import sys

import vfs
from uio import BytesIO  # "io" would first be looked for in the flash
from ustruct import unpack

if False:
    from firmware.interfaces import Any  # type: ignore[unreachable]

_FOLDER = (0x4000, 0, 0, 0, 0, 0, 0, 0, 0, 0)
_PLAIN = (0x8000, 0, 0, 0, 0, 0, 0, 0, 0, 0)
_ENOENT = 2
_UPDATE = "/update"


class _Modules:
    """The files behind this head, read only."""

    def __init__(self, table: int, names: int, folders: int, longest: int):
        """`table` is where the table lies: `names` bytes of paths, first those of the `folders`;
        then the offset of each file, and then the size of each. `longest` is the size of the
        longest module."""
        self._file = open(__file__, "rb")  # noqa: SIM115 - stays open
        self._file.seek(table)
        paths = self._file.read(names).decode().split("\n")
        self._folders = paths[:folders]
        files = paths[folders:]
        count = len(files)
        numbers = unpack("<%dI" % (2 * count), self._file.read(8 * count))  # noqa: UP031
        self._know(dict(zip(files, zip(numbers[:count], numbers[count:]))))
        self._module: memoryview | None = memoryview(bytearray(longest))

    def _know(self, places: dict) -> None:
        self._places = places
        kinds = dict.fromkeys(places, _PLAIN)
        kinds.update(dict.fromkeys(self._folders, _FOLDER))
        # Import reads the kind out of what os.stat() gives, three times for a module, and takes any
        # error for no file: a look-up in C takes a sixth of the time.
        self.stat = kinds.__getitem__

    def release(self, seldom: tuple) -> None:
        """Give back the buffer for modules, and the places of those that are loaded for good: all
        but `seldom`."""
        self._module = None
        left = {}
        for path, place in self._places.items():
            name = ("firmware" + path.rsplit(".", 1)[0]).replace("/", ".").replace(".__init__", "")
            if name in seldom or name not in sys.modules:
                left[path] = place
        self._know(left)

    def mount(self, readonly: bool, mkfs: bool) -> None:
        """Do nothing: all is known."""

    def umount(self) -> None:
        """Do nothing."""

    def open(self, path: str, mode: str) -> "Any":
        """Return a module's bytes as a stream; of other files, which are read piece by piece, this
        file, which begins at tell(). All have it together: who reads seeks first."""
        place = self._places.get(path)
        if place is None:
            raise OSError(_ENOENT)
        start, size = place
        self._file.seek(start)
        if not path.endswith(".mpy"):
            return self._file
        content = memoryview(bytearray(size)) if self._module is None else self._module[:size]
        self._file.readinto(content)
        return BytesIO(content)


def mount(point: str, *table: int) -> str:
    """Mount this file's modules, as _Modules takes them, at `point`, and return that. While an
    update is on trial, its file is imported in place of this one."""
    if _UPDATE not in sys.path and _on_trial():
        sys.path.insert(0, _UPDATE)
        del sys.modules["firmware"]
        return __import__("firmware").__path__  # type: ignore[return-value] # here it is a text
    modules = _Modules(*table)
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
