"""The SH1106 against its data sheet (Sino Wealth, V2.3)."""

import pytest

from emulator.board import Board
from emulator.chips.sh1106 import COLUMNS, Sh1106
from emulator.clock import SimulationClock
from firmware.boards.pico import BOARD

WIDTH, HEIGHT = 128, 64


@pytest.fixture
def chip() -> Sh1106:
    """Return a chip that is on, upright and cleared."""
    chip = Sh1106(
        {"width": WIDTH, "height": HEIGHT}, Board(BOARD, "kodeviser", SimulationClock(), 0)
    )
    chip.mcu_power(True)
    commands(chip, 0xA1, 0xC8, 0xAF)
    for page in range(8):
        commands(chip, 0xB0 + page, 0x00, 0x10)
        chip.write(b"\x40" + bytes(COLUMNS))
    return chip


def commands(chip: Sh1106, *codes: int) -> None:
    chip.write(bytes((0x00, *codes)))


def lit(chip: Sh1106) -> set[tuple[int, int]]:
    return {(i % WIDTH, i // WIDTH) for i, pixel in enumerate(chip.pixels()) if pixel}


def test_the_panel_shows_columns_2_to_129(chip: Sh1106) -> None:
    for column, seen in ((0, None), (1, None), (2, 0), (129, 127), (130, None)):
        commands(chip, 0xB1, column & 15, 0x10 | column >> 4)
        chip.write(b"\x40\x01")
        assert lit(chip) == (set() if seen is None else {(seen, 8)})
        commands(chip, column & 15, 0x10 | column >> 4)
        chip.write(b"\x40\x00")


def test_the_column_pointer_stops_behind_the_last_one(chip: Sh1106) -> None:
    commands(chip, 0xB0, 0x00, 0x18)  # column 128
    chip.write(b"\x40" + b"\xff" * 20)
    assert lit(chip) == {(x, y) for x in (126, 127) for y in range(8)}


def test_windows_and_addressing_modes_of_an_ssd1306_do_nothing(chip: Sh1106) -> None:
    commands(chip, 0xB3, 0x02, 0x10)
    commands(chip, 0x20, 0x02)  # the parameter is taken for a column
    chip.write(b"\x40\xff")
    assert lit(chip) == {(0, y) for y in range(24, 32)}
    assert chip.undefined == [0x20]


def test_it_shines_without_the_command_for_a_charge_pump(chip: Sh1106) -> None:
    chip.write(b"\x40" + b"\xff" * 4)
    commands(chip, 0xAD, 0x8A)
    assert not chip.lit
    commands(chip, 0xAD, 0x8B, 0x8D)
    assert chip.lit
