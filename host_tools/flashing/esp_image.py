"""Checks an ESP32-S3 image that is written from address 0: boot loader, partition table, program.

Sizes and offsets are bytes. Source: ESP-IDF programming guide, "App image format" and "Partition
tables"; where MicroPython puts its file system, ports/esp32/main.c.
"""

import hashlib
import struct
from dataclasses import dataclass
from typing import Any

from host_tools.errors import ExitCode, KodebrikError
from host_tools.image.official import build_for

CHIPS = {0: "ESP32", 2: "ESP32-S2", 5: "ESP32-C3", 9: "ESP32-S3", 13: "ESP32-C6", 16: "ESP32-H2"}
TABLE = 0x8000  # offset of the partition table
TABLE_SIZE = 0xC00
MAGIC = 0xE9
ENTRY = struct.Struct("<HBBII16sI")
ENTRY_MAGIC = 0x50AA
HEADER = struct.Struct("<BBBBI4xH9xB")  # magic, segments, …, …, …, chip, whether a hash follows
SEGMENT = struct.Struct("<II")
HASH = 32
_APP = 0  # type of a partition with a program
_FILE_SYSTEM = "vfs"


@dataclass(frozen=True)
class Partition:
    """An entry of the partition table."""

    kind: int
    offset: int
    size: int
    label: str


def check(data: bytes, board: dict[str, Any], wanted: dict[str, str]) -> None:
    """Raise KodebrikError unless `data` is an image for the board's chip with a partition table, a
    whole program whose hash is right, and the file system where the board file says. `wanted` are
    the arguments that name the file to get."""
    if len(data) < HEADER.size or data[0] != MAGIC:
        raise KodebrikError("esp-image-none", ExitCode.BAD_INPUT, **wanted)
    chip = HEADER.unpack_from(data)[5]
    if CHIPS.get(chip) != board["mcu"]:
        raise KodebrikError(
            "flash-micropython-chip",
            ExitCode.BAD_INPUT,
            chip=CHIPS.get(chip, str(chip)),
            mcu=board["mcu"],
            board=board["title"],
            **wanted,
        )
    table = partitions(data)
    programs = [partition for partition in table if partition.kind == _APP]
    if not programs:
        raise KodebrikError("esp-image-program-alone", ExitCode.BAD_INPUT, **wanted)
    _check_program(data, programs[0], wanted)
    begins = next(
        (partition.offset for partition in table if partition.label == _FILE_SYSTEM),
        max(partition.offset + partition.size for partition in table),
    )
    address = build_for(board).filesystem
    begins = max(begins, len(data))
    if begins != address:
        raise KodebrikError(
            "esp-image-file-system",
            ExitCode.BAD_INPUT,
            found=f"0x{begins:X}",
            wanted=f"0x{address:X}",
            **wanted,
        )


def partitions(data: bytes) -> list[Partition]:
    """Give the entries of an image's partition table; none when it has no table."""
    found = []
    for at in range(TABLE, min(TABLE + TABLE_SIZE, len(data) - ENTRY.size + 1), ENTRY.size):
        magic, kind, _, offset, size, label, _ = ENTRY.unpack_from(data, at)
        if magic != ENTRY_MAGIC:  # the table's checksum, or its end
            break
        name = label.rstrip(b"\0").decode("ascii", "replace")
        found.append(Partition(kind, offset, size, name))
    return found


def _check_program(data: bytes, partition: Partition, wanted: dict[str, str]) -> None:
    """Follow the segments of the program to its end, and check the hash that stands there."""
    begins = end = partition.offset
    if len(data) >= begins + HEADER.size:
        magic, segments, *_, hashed = HEADER.unpack_from(data, begins)
        if magic != MAGIC:
            raise KodebrikError("esp-image-damaged", ExitCode.BAD_INPUT, **wanted)
        end = begins + HEADER.size
        for _ in range(segments):
            if len(data) < end + SEGMENT.size:
                break
            end += SEGMENT.size + SEGMENT.unpack_from(data, end)[1]
        end += 16 - (end - begins) % 16  # padding, of which the last byte is a checksum
        if len(data) >= end + HASH * hashed:
            digest = hashlib.sha256(data[begins:end]).digest()
            if hashed and digest != data[end : end + HASH]:
                raise KodebrikError("esp-image-damaged", ExitCode.BAD_INPUT, **wanted)
            return
    raise KodebrikError(
        "esp-image-truncated", ExitCode.BAD_INPUT, size=len(data), least=end, **wanted
    )
