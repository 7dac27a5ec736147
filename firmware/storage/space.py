"""Room in the file system."""

import os


def free_bytes(path: str = "/") -> int:
    """Return how many bytes are free in the file system at `path`."""
    flash = os.statvfs(path)
    # littlefs counts the two blocks of each folder twice here: of a full file system less than
    # nothing is left, or, as a number without sign, more than there is.
    free = flash[3] if 0 <= flash[3] <= flash[2] else 0
    return flash[0] * free
