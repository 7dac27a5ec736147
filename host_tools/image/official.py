"""What MicroPython's official builds say of themselves, and where their file system begins.

Sources: MICROPY_HW_BOARD_NAME and MICROPY_HW_MCU_NAME, and the flash's division, in
ports/rp2/boards/RPI_PICO and RPI_PICO2 (mpconfigboard.h), and in ports/esp32/boards
(ESP32_GENERIC_S3/mpconfigboard.h, partitions-8MiB.csv). A new board needs its line here.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class OfficialBuild:
    """`machine` is how it names its board. `filesystem` is the first address of the file system:
    in an RP2 chip's memory, where the flash begins at 0x10000000 (RP2040 data sheet, 2.2.1), or an
    offset in an ESP32's flash."""

    machine: str
    filesystem: int


_BUILDS = {
    "RPI_PICO": OfficialBuild("Raspberry Pi Pico with RP2040", 0x100A0000),
    "RPI_PICO2": OfficialBuild("Raspberry Pi Pico 2 with RP2350", 0x10100000),
    "ESP32_GENERIC_S3": OfficialBuild("Generic ESP32S3 module with ESP32S3", 0x200000),
}


def build_for(board: dict[str, Any]) -> OfficialBuild:
    """Give the build for a board file's board."""
    return _BUILDS[board["micropython"]]
