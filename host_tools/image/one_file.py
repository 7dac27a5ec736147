"""Packs the token's package `firmware` into one file, firmware.mpy: a compiled head that mounts
what lies behind it (firmware/one_file.py), a table, and the modules and fonts. Offsets and sizes
are bytes.
"""

import struct
from collections.abc import Callable, Mapping

NAME = "firmware.mpy"
_STEP = 512  # the table begins at a multiple of it, behind the head
MOUNTED = "/f"  # MicroPython keeps each module's whole path for good


def pack(files: Mapping[str, bytes], head: bytes, compiled: Callable[[bytes], bytes]) -> bytes:
    """Give firmware.mpy with these files, path in the package -> content, in their order.

    `head` is the source text of its beginning, and `compiled` the compiler.
    """
    folders = dict.fromkeys(
        "/" + "/".join(parents[:depth])
        for *parents, _ in (path.split("/") for path in files)
        for depth in range(1, len(parents) + 1)
    )
    names = "\n".join([*folders, *(f"/{path}" for path in files)]).encode()
    longest = max((len(files[path]) for path in files if path.endswith(".mpy")), default=0)
    start = _STEP
    while True:
        call = f"mount({MOUNTED!r}, {start}, {len(names)}, {len(folders)}, {longest})"
        code = compiled(head + f"\n__path__ = {call}\n".encode())
        if len(code) <= start:
            break
        start += _STEP
    sizes = [len(content) for content in files.values()]
    first = start + len(names) + 8 * len(files)
    offsets = [first + sum(sizes[:number]) for number in range(len(files))]
    table = names + struct.pack(f"<{2 * len(files)}I", *offsets, *sizes)
    return code.ljust(start, b"\0") + table + b"".join(files.values())
