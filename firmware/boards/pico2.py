"""Raspberry Pi Pico 2 (RP2350): header and wiring of the Pico, another processor, more flash.

Source: Raspberry Pi Pico 2 data sheet, figure 4 and section 2.1.
"""

from firmware.boards.pico import BOARD as PICO

BOARD = dict(
    PICO,
    name="pico2",
    title="Raspberry Pi Pico 2",
    mcu="RP2350",
    micropython="RPI_PICO2",
    native="armv7m",  # of the RP2350's Arm cores
    # Official MicroPython keeps the first megabyte of the 4 MB flash for itself
    # (RPI_PICO2/mpconfigboard.h).
    filesystem={"size": 3072 * 1024, "block": 4096, "program": 256},
)
