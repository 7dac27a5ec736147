"""MicroPython files in the layout of the official ones, without a program that would run.

No package registry carries the official files, so tests make their own. KODEBRIK_MICROPYTHON_DIR
names a folder with real ones, which the tests then use too. Written without the code under test.
Layouts: picotool's elf2uf2.cpp; ESP-IDF, "App image format" and "Partition tables"; MicroPython's
ports/esp32/makeimg.py and partitions-4MiBplus.csv.
"""

import hashlib
import os
import struct
from pathlib import Path
from random import Random

VERSION = "v1.28.0 on 2026-04-06"
MACHINES = {
    "pico": "Raspberry Pi Pico with RP2040",
    "pico2": "Raspberry Pi Pico 2 with RP2350",
    "esp32_s3": "Generic ESP32S3 module with ESP32S3",
}
BUILDS = {"pico": "RPI_PICO", "pico2": "RPI_PICO2", "esp32_s3": "ESP32_GENERIC_S3"}
FAMILIES = {"pico": 0xE48BFF56, "pico2": 0xE48BFF59}
END_OF_WINDOW = 0x10FFFF00  # where picotool's block for RP2350-E10 aims
_FLASH = 0x10000000
_SIZES = {"pico": 340 * 1024 + 512, "pico2": 350 * 1024 + 256}  # bytes of a program


def block(
    address: int,
    number: int,
    total: int,
    family: int,
    payload: bytes,
    flags: int = 0x2000,
    after: bytes = b"",
) -> bytes:
    """Give one block of a UF2 file."""
    words = (0x0A324655, 0x9E5D5157, flags, address, len(payload), number, total, family)
    body = struct.pack("<8I", *words) + payload + after
    return body.ljust(508, b"\0") + struct.pack("<I", 0x0AB16F30)


def guard(address: int = END_OF_WINDOW) -> bytes:
    """Give the block that picotool puts first for RP2350-E10."""
    extension = struct.pack("<I", 0x9957E304)
    return block(address, 0, 2, 0xE48BFF57, b"\xef" * 256, 0xA000, extension)


def program(size: int, *texts: str) -> bytes:
    """Give bytes that look like machine code with constant texts in it."""
    code = bytearray(Random(size).randbytes(size))
    at = size // 2 // 256 * 256 - 7  # so that a text lies across two pages
    for text in texts:
        code[at : at + len(text) + 2] = b"\0" + text.encode() + b"\0"
        at += len(text) + 9
    return bytes(code)


def uf2(content: bytes, family: int, address: int = _FLASH) -> bytes:
    """Give a UF2 file as picotool writes it: whole sectors, ascending."""
    content += bytes(-len(content) % 4096)
    total = len(content) // 256
    return b"".join(
        block(
            address + 256 * number,
            number,
            total,
            family,
            content[256 * number : 256 * number + 256],
        )
        for number in range(total)
    )


def rp2(
    board: str, version: str = VERSION, machine: str = "", size: int = 0, frozen: str = ""
) -> bytes:
    """Give a MicroPython file for `board`, "pico" or "pico2"; `frozen` is the text by which a
    firmware that is frozen into it is known."""
    machine = machine or MACHINES[board]
    code = program(
        size or _SIZES[board],
        f"3.4.0; MicroPython {version}",
        version,
        machine,
        f"MicroPython {version}; {machine}",
        *([frozen, "firmware/hardware.py"] if frozen else []),
    )
    file = uf2(code, FAMILIES[board])
    return guard() + file if board == "pico2" else file


def esp32_s3(
    version: str = VERSION,
    machine: str = MACHINES["esp32_s3"],
    chip: int = 9,
    factory: int = 0x1F0000,
    vfs: tuple[int, int] | None = None,
) -> bytes:
    """Give an image from address 0: boot loader, partition table and program."""
    code = program(1024 * 1024, f"3.4.0; MicroPython {version}", version, machine)
    table = [
        ("nvs", 1, 2, 0x9000, 0x6000),
        ("phy_init", 1, 1, 0xF000, 0x1000),
        ("factory", 0, 0, 0x10000, factory),
    ]
    if vfs:
        table.append(("vfs", 1, 0x81, *vfs))
    entries = b"".join(
        struct.pack("<HBBII16sI", 0x50AA, kind, subkind, at, size, name.encode(), 0)
        for name, kind, subkind, at, size in table
    )
    entries += b"\xeb\xeb" + b"\xff" * 14 + hashlib.md5(entries).digest()
    loader = esp_program(chip, Random(1).randbytes(20_000))
    image = loader.ljust(0x8000, b"\xff") + entries.ljust(0x1000, b"\xff")
    return image.ljust(0x10000, b"\xff") + esp_program(chip, code)


def esp_program(chip: int, code: bytes) -> bytes:
    """Give a program as ESP-IDF builds it: header, segments, checksum, hash."""
    segments = [(0x3C000020, code[: len(code) // 2]), (0x42000020, code[len(code) // 2 :])]
    image = struct.pack("<BBBBIB3xHB2x2x4xB", 0xE9, 2, 2, 0x3F, 0x40374000, 0xEE, chip, 0, 1)
    checksum = 0xEF
    for address, data in segments:
        image += struct.pack("<II", address, len(data)) + data
    for data in (data for _, data in segments):
        for start in range(0, len(data), 4):
            checksum ^= int.from_bytes(data[start : start + 4], "little")
    folded = (checksum ^ checksum >> 8 ^ checksum >> 16 ^ checksum >> 24) & 0xFF
    image += bytes(15 - len(image) % 16) + bytes([folded])
    return image + hashlib.sha256(image).digest()


def stand_in(board: str) -> bytes:
    """Give a file for `board` in the official layout."""
    return esp32_s3() if board == "esp32_s3" else rp2(board)


def real(board: str) -> list[Path]:
    """Give the official files for `board` that the tester has."""
    folder = os.environ.get("KODEBRIK_MICROPYTHON_DIR")
    if not folder:
        return []
    return sorted(Path(folder).glob(f"{BUILDS[board]}-2*-v1.28.*.[ub][fi][2n]"))


def files(board: str) -> list[tuple[str, bytes]]:
    """Give name and content of every file for `board`: the stand-in, and the tester's own."""
    return [("stand-in", stand_in(board))] + [
        (path.name, path.read_bytes()) for path in real(board)
    ]
