"""Merges MicroPython and a token's file system into the one file that is put on a board.

A UF2 for the RP2 chips, a binary from address 0 for an ESP32-S3. The same input gives the same
bytes.

Every block of the file system is written, also those that littlefs has not used. It keeps a
directory in a pair of blocks and takes the one with the higher revision; of a new pair one block is
still erased. Left as it was on a board that has had another file system, that block could win, and
the old files with it. The sealed secrets of an earlier token do not outlive this either.
"""

import tempfile
from pathlib import Path
from typing import Any

from host_tools.errors import ExitCode, KodebrikError
from host_tools.flashing import esptool_program, uf2
from host_tools.flashing.micropython import MicroPython
from host_tools.image.official import build_for


def merge(micropython: MicroPython, filesystem: bytes, board: dict[str, Any]) -> bytes:
    """Give the file for `board` with this MicroPython and this littlefs image, as many bytes as its
    file system has."""
    if micropython.pages is None:
        return _merged_binary(micropython.content, filesystem, board)
    address = build_for(board).filesystem
    pages = dict(micropython.pages) | uf2.pages(address, filesystem)
    guard = None if micropython.guard is None else guard_address(micropython, board)
    return uf2.write(uf2.Uf2(uf2.OF_MCU[board["mcu"]], pages, guard))


def guard_address(micropython: MicroPython, board: dict[str, Any]) -> int | None:
    """Give where the block for RP2350-E10 aims: the last page before the file system.

    Tools let it aim at the end of the flash, where the file system ends; an RP2350 of stepping A2
    writes it there, over littlefs' last block if it arrives after that one. None when MicroPython
    itself fills the sector before the file system: then there is no sector to spare, and a board
    without a partition table, as MicroPython leaves it, does not need the block.
    """
    address: int = build_for(board).filesystem
    sector = range(address - uf2.SECTOR, address, uf2.PAGE)
    used = micropython.pages is not None and any(page in micropython.pages for page in sector)
    return None if used else sector[-1]


def file_system(data: bytes, board: dict[str, Any]) -> bytes:
    """Give the littlefs image out of a file that merge() made for `board`. KodebrikError for a file
    without one."""
    filesystem = board["filesystem"]
    address, size = build_for(board).filesystem, filesystem["size"]
    content = b""
    if board["mcu"] in esptool_program.CHIPS:
        content = data[address:]
    else:
        read = uf2.read(data)
        if read.family == uf2.OF_MCU[board["mcu"]]:
            wanted = range(address, address + size, uf2.PAGE)
            content = b"".join(read.pages.get(page, b"") for page in wanted)
    if len(content) != size:
        raise KodebrikError("flash-image-other", ExitCode.BAD_INPUT, board=board["title"])
    return content


def _merged_binary(micropython: bytes, filesystem: bytes, board: dict[str, Any]) -> bytes:
    """Have esptool merge the two; what lies between them is filled as erased flash."""
    address = build_for(board).filesystem
    with tempfile.TemporaryDirectory(prefix="kodebrik-") as folder:
        first, second, output = (Path(folder, name) for name in ("micropython", "files", "merged"))
        first.write_bytes(micropython)
        second.write_bytes(filesystem)
        parts = ["0x0", str(first), hex(address), str(second)]
        said, code = esptool_program.run(
            *("--chip", esptool_program.CHIPS[board["mcu"]], "merge-bin"),
            *("--output", str(output), *parts),
        )
        merged = output.read_bytes() if output.exists() else b""
    gap = b"\xff" * (address - len(micropython))
    if code or merged != micropython + gap + filesystem:
        raise KodebrikError("flash-esptool-failed", ExitCode.INTERNAL, said=said.strip())
    return merged
