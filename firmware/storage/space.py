"""Room in the file system, littlefs in blocks of 4 KiB. Sizes are bytes."""

import os

# What stays free, as in the image build (host_tools/image/image.py): littlefs writes a slot of the
# vault, the end of a file or a folder anew before it frees the old one.
KEPT_FREE = 16 * 1024
# What a spoken name leaves room for beside that: the vault's slots with all accounts, which lie in
# their folder at first, and a next firmware that is larger than this one.
LATER = 8 * 1024 + 4 * 1024

_BLOCK = 4096
_IN_BLOCK = _BLOCK - 8  # of a file; the rest are pointers to other blocks, 8 bytes on average
_FOLDERS = ("/data", "/update")
_KEY = "/update.key"
_PACKAGE = "/firmware.mpy"


def free_bytes(root: str = "") -> int:
    """Return how many bytes are free in the file system that is mounted at `root`."""
    flash = os.statvfs(root + "/")
    # MicroPython counts the two blocks of a folder twice, as its own and at its entry
    # (extmod/vfs_lfsx.c), so that in a full file system less than nothing is free, as a number
    # without sign.
    free = flash[3]
    for folder in _FOLDERS:
        try:
            os.stat(root + folder)
            free += 2
        except OSError:
            pass  # there is none
    free &= 0xFFFFFFFF
    return flash[0] * (free if free <= flash[2] else 0)


def has_room_for_name(size: int, end: int, root: str) -> bool:
    """Return whether a spoken name of `size` bytes may grow to `end`, and leave room for an update
    on a token that takes updates."""
    kept = KEPT_FREE + LATER
    try:
        os.stat(root + _KEY)
        kept += _update(os.stat(root + _PACKAGE)[6])
    except OSError:
        pass  # it takes none
    return _room(end) - _room(size) + kept <= free_bytes(root)


def has_room_for_update(size: int, root: str) -> bool:
    """Return whether an update with a package of `size` bytes fits beside all there is."""
    return _update(size) + KEPT_FREE <= free_bytes(root)


def _update(size: int) -> int:
    """Return what the folder of an update takes with its package."""
    return _room(size) + 2 * _BLOCK


def _room(size: int) -> int:
    """Return what a file takes."""
    return -(-size // _IN_BLOCK) * _BLOCK
