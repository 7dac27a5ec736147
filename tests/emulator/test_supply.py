"""What the cell gives the chips: by the model, and on a board."""

import pytest

from emulator import datasheet, supply
from emulator.board import Board
from emulator.clock import SimulationClock
from firmware.boards.esp32_s3 import BOARD as ESP32_S3
from firmware.boards.pico import BOARD as PICO

DISPLAY_ON = b"\x00\x8d\x14\xaf"


class Token:
    """A board with a cell; the latch switches it."""

    def __init__(self, board_file: dict, product: str, millivolts: int) -> None:
        self.clock = SimulationClock()
        self.board = Board(board_file, product, self.clock, 0)
        self.board.parts["latch"].on_power = self.board.mcu_power
        self.board.parts["battery"].millivolts = millivolts
        self.board.parts["battery"].milliohms = datasheet.NEW_CELL
        self.board.parts["button"].press()
        self.settle()

    def settle(self) -> None:
        self.clock.run_to(self.clock.now + 10)

    @property
    def powered(self) -> bool:
        return bool(self.board.parts["latch"].powered)


def test_below_the_cells_cut_off_nothing_works() -> None:
    chips = {"RP2040", "ds3231"}
    assert supply.stopped("pico", datasheet.CELL_CUT_OFF - 1, chips) == chips
    assert supply.stopped("pico", datasheet.CELL_CUT_OFF, chips) == set()


def test_a_buck_boost_regulator_holds_its_rail_down_to_its_lowest_input() -> None:
    assert supply.rail("pico", 1800, 500) == 3300
    assert supply.rail("pico", 1799, 0) == 0


def test_a_linear_regulator_drops_out_by_its_current() -> None:
    assert supply.rail("esp32_s3", 4000, 100) == 3300
    assert supply.rail("esp32_s3", 3000, 200) == 2900


def test_on_a_linear_regulator_the_clock_stops_before_the_microcontroller() -> None:
    chips = {"ESP32-S3", "ds3231", "amplifier"}
    lowest = supply.lowest_cell("esp32_s3", chips, 0)
    assert lowest > datasheet.CELL_CUT_OFF
    assert supply.stopped("esp32_s3", lowest, chips) == set()
    assert supply.stopped("esp32_s3", lowest - 1, chips) == {"ds3231"}


def test_a_resistance_raises_the_lowest_voltage_by_its_drop() -> None:
    chips = {"RP2040", "ds3231", "amplifier"}
    new, worn = (
        supply.lowest_cell("pico", chips, each)
        for each in (datasheet.NEW_CELL, datasheet.WORN_CELL)
    )
    assert worn - new == pytest.approx(
        (datasheet.WORN_CELL - datasheet.NEW_CELL) * 501 / 1000, abs=1
    )


def test_an_empty_cell_cannot_be_switched_on_but_the_cable_can() -> None:
    token = Token(PICO, "kodeviser", 2990)
    assert not token.powered
    token.board.set_usb(True)
    token.settle()
    assert token.powered
    token.board.parts["button"].release()
    token.board.set_usb(False)
    token.settle()
    assert not token.powered


def test_the_load_of_the_display_switches_a_nearly_empty_cell_off() -> None:
    token = Token(PICO, "kodeviser", 3017)
    assert token.powered
    token.board.parts["display"].write(DISPLAY_ON)
    token.settle()
    assert not token.powered
    assert not token.board.parts["display"].lit


def test_the_load_of_the_amplifier_silences_the_clock_of_an_esp32() -> None:
    token = Token(ESP32_S3, "kodeoplaeser", 3240)
    token.board.connect("i2c", 0, sda=8, scl=9)
    assert token.board.i2c_scan(0) == b"\x68"
    pin = ESP32_S3["products"]["kodeoplaeser"]["amplifier"]["pin"]
    token.board.pins.configure(pin, 1, 0, 1)
    token.settle()
    assert token.powered
    assert token.board.i2c_scan(0) == b""
    token.board.pins.write(pin, 0)
    token.settle()
    assert token.board.i2c_scan(0) == b"\x68"


def test_the_reading_falls_with_the_load() -> None:
    token = Token(PICO, "kodeviser", 3600)
    full = 2 * 3300
    reading = token.board.parts["battery"].read_u16() * full / 65535
    assert reading == pytest.approx(3600 - 101 * datasheet.NEW_CELL / 1000, abs=3)
