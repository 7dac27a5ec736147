"""Room in the file system. Sizes are bytes."""

import os

# What stays free, as in the image build: for the vault and littlefs' copies on write.
KEPT_FREE = 32 * 1024


def free_bytes(path: str = "/") -> int:
    """Return how many bytes are free in the file system at `path`."""
    flash = os.statvfs(path)
    # littlefs counts the two blocks of each folder twice here: of a full file system less than
    # nothing is left, or, as a number without sign, more than there is.
    free = flash[3] if 0 <= flash[3] <= flash[2] else 0
    return flash[0] * free


def has_room(size: int, path: str) -> bool:
    """Return whether `size` bytes more leave KEPT_FREE in the file system at `path`."""
    return size + KEPT_FREE <= free_bytes(path)
