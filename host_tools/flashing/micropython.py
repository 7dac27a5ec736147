"""Checks the MicroPython file that a user gives: that it is the official release for the board.

What it is stands in the file itself: the microcontroller in the blocks of a UF2 or in the header of
an ESP32 image, version and board in the texts that MicroPython prints when it starts
(MICROPY_BANNER_… in py/mpconfig.h: "v1.28.0 on 2026-04-06", "Raspberry Pi Pico with RP2040").
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from host_tools.errors import ExitCode, KodebrikError
from host_tools.flashing import esp_image, uf2
from host_tools.image import frozen
from host_tools.image.frozen import FrozenFirmware
from host_tools.image.official import build_for

RELEASE = "1.28.0"
_SERIES = "1.28."  # releases of it take the same compiled modules
_FLASH = 0x10000000  # where an RP2 chip's flash begins in its memory
_VERSION = re.compile(rb"\bv(\d+\.\d+(?:\.\d+)?(?:[-.][\w.-]+)?) on (\d{4}-\d\d-\d\d)")
# With whatever printable text stands before it: a longer name is another board's.
_MACHINE = re.compile(rb"([\x20-\x7e]{2,80} with (?:RP2|ESP32)[\w-]*)")


@dataclass(frozen=True)
class MicroPython:
    """A MicroPython file that fits its board. `pages` are a UF2's, None for an ESP32 image;
    `guard` is the address of its block for RP2350-E10, or None; `frozen` is our firmware where it
    is frozen into it."""

    version: str
    date: str
    machine: str
    sha256: str
    content: bytes
    pages: Mapping[int, bytes] | None = None
    guard: int | None = None
    frozen: FrozenFirmware | None = None


def wanted(board: dict[str, Any]) -> dict[str, str]:
    """Give what names the file to get for `board`, as arguments of messages."""
    suffix = "uf2" if board["mcu"] in uf2.OF_MCU else "bin"
    return {
        "release": RELEASE,
        "build": board["micropython"],
        "file": f"{board['micropython']}-YYYYMMDD-v{RELEASE}.{suffix}",
    }


def missing(board: dict[str, Any]) -> KodebrikError:
    """Make the error that says which file to get."""
    return KodebrikError(
        "flash-micropython-missing", ExitCode.USAGE, board=board["title"], **wanted(board)
    )


def check(data: bytes, board: dict[str, Any]) -> MicroPython:
    """Give what the file `data` holds; KodebrikError, one for each mistake, when it is not
    MicroPython of the right version for `board`, is incomplete, or would lie where the file system
    does."""
    family = uf2.OF_MCU.get(board["mcu"])
    if family is None:
        esp_image.check(data, board, wanted(board))
        return _identified(data, data, board)
    content = _pages(data, board)
    if content.family != family:
        raise _other_chip(uf2.family_name(content.family), board)
    runs = content.runs()
    found = _identified(b"".join(run for _, run in runs), data, board, content)
    begins, limit = runs[0][0], build_for(board).filesystem
    ends = max(address + len(run) for address, run in runs)
    if begins < _FLASH or ends > limit:
        raise KodebrikError(
            "flash-micropython-overlap",
            ExitCode.BAD_INPUT,
            begins=f"0x{begins:08X}",
            ends=f"0x{ends:08X}",
            first=f"0x{_FLASH:08X}",
            limit=f"0x{limit:08X}",
            **wanted(board),
        )
    return found


def _pages(data: bytes, board: dict[str, Any]) -> uf2.Uf2:
    """Read the UF2 file; KodebrikError that says which file to get when it is none."""
    try:
        return uf2.read(data)
    except KodebrikError as error:
        if error.identifier != "uf2-none":
            raise
        raise KodebrikError("flash-no-micropython", ExitCode.BAD_INPUT, **wanted(board)) from None


def _other_chip(chip: str, board: dict[str, Any]) -> KodebrikError:
    return KodebrikError(
        "flash-micropython-chip",
        ExitCode.BAD_INPUT,
        chip=chip,
        mcu=board["mcu"],
        board=board["title"],
        **wanted(board),
    )


def _identified(
    binary: bytes, data: bytes, board: dict[str, Any], content: uf2.Uf2 | None = None
) -> MicroPython:
    """Find version and board in what a chip would run."""
    version = _VERSION.search(binary)
    machines = {_name(match) for match in _MACHINE.findall(binary)}
    if version is None or not machines:
        raise KodebrikError("flash-no-micropython", ExitCode.BAD_INPUT, **wanted(board))
    if build_for(board).machine not in machines:
        raise KodebrikError(
            "flash-micropython-board",
            ExitCode.BAD_INPUT,
            found=min(machines),
            board=board["title"],
            **wanted(board),
        )
    if frozen.without_mark(binary):
        raise KodebrikError("flash-frozen-unmarked", ExitCode.BAD_INPUT)
    number, date = (group.decode() for group in version.groups())
    ours = frozen.found(binary)
    # Who freezes the firmware builds MicroPython; a file beside its sources makes it "-dirty".
    release = number if ours is None else number.removesuffix("-dirty")
    if not release.startswith(_SERIES) or not release.removeprefix(_SERIES).isdigit():
        raise KodebrikError(
            "flash-micropython-version", ExitCode.BAD_INPUT, found=number, **wanted(board)
        )
    return MicroPython(
        number,
        date,
        build_for(board).machine,
        hashlib.sha256(data).hexdigest(),
        data,
        content.pages if content else None,
        content.guard if content else None,
        ours,
    )


def check_frozen(micropython: MicroPython, wanted_firmware: FrozenFirmware) -> None:
    """Raise KodebrikError when another firmware than the wanted one is frozen into it, or one that
    does not say which it is."""
    if micropython.frozen not in (None, wanted_firmware):
        raise KodebrikError(
            "flash-frozen-other",
            ExitCode.BAD_INPUT,
            found=str(micropython.frozen),
            wanted=str(wanted_firmware),
        )


def _name(found: bytes) -> str:
    """Give the board's name out of a text that may have the version before it."""
    return found.decode().rpartition("; ")[2].strip()
