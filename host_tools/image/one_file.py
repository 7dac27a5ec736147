"""Packs the token's package `firmware` into one file, firmware.mpy: a compiled head that mounts
what lies behind it (firmware/one_file.py), and the modules and fonts. Offsets and sizes are bytes.
"""

from collections.abc import Callable, Mapping

NAME = "firmware.mpy"
_STEP = 512  # the modules begin at a multiple of it, behind the head
MOUNTED = "/firmware"


def pack(files: Mapping[str, bytes], head: bytes, compiled: Callable[[bytes], bytes]) -> bytes:
    """Give firmware.mpy with these files, path in the package -> content, in their order.

    `head` is the source text of its beginning, and `compiled` the compiler.
    """
    start = _STEP
    while True:
        code = compiled(_head(files, head, start))
        if len(code) <= start:
            return code.ljust(start, b"\0") + b"".join(files.values())
        start += _STEP


def _head(files: Mapping[str, bytes], head: bytes, start: int) -> bytes:
    """Give the source text of the head, with the places of the files from offset `start` on."""
    folders: dict[str, None] = {}
    places: dict[str, tuple[int, int]] = {}
    for path, content in files.items():
        *parents, _ = path.split("/")
        for depth in range(1, len(parents) + 1):
            folders["/" + "/".join(parents[:depth])] = None
        places[f"/{path}"] = (start, len(content))
        start += len(content)
    modules = (len(content) for path, content in files.items() if path.endswith(".mpy"))
    longest = max(modules, default=0)
    call = f"mount({MOUNTED!r}, {tuple(folders)!r}, {places!r}, {longest})"
    return head + f"\n__path__ = {call}\n".encode()
