"""Board data against what official MicroPython v1.28 sets at compile time."""

import pytest

from host_tools.image.image import load_board
from host_tools.image.official import build_for

# Flash in the chip or module, and what MicroPython keeps of it before the file system.
FLASH = {
    "pico": (2 * 1024, 640),  # ports/rp2/boards/RPI_PICO/mpconfigboard.h: 1408 KiB
    "pico2": (4 * 1024, 1024),  # ports/rp2/boards/RPI_PICO2/mpconfigboard.h: all but 1 MiB
    "esp32_s3": (
        8 * 1024,
        2048,
    ),  # ports/esp32/partitions-4MiBplus.csv; main.c makes 'vfs' of the rest
}


@pytest.mark.parametrize("board", FLASH)
def test_the_file_system_fills_the_flash_behind_micropython(board: str):
    whole, kept = FLASH[board]
    assert load_board(board)["filesystem"]["size"] == (whole - kept) * 1024


@pytest.mark.parametrize(
    ("board", "flash"), [("pico", 0x10000000), ("pico2", 0x10000000), ("esp32_s3", 0)]
)
def test_the_file_system_begins_where_micropython_ends(board: str, flash: int):
    """An RP2 chip's flash is named by its address in memory, an ESP32's by its offset."""
    _, kept = FLASH[board]
    assert build_for(load_board(board)).filesystem == flash + kept * 1024
