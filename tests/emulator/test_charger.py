"""The charger, on the Pico's pin: its status follows cable and cell."""

import pytest

from emulator.board import Board
from emulator.clock import SimulationClock
from emulator.shims.records import IN, PULL_UP
from firmware.boards.pico import BOARD

PIN = BOARD["products"]["kodeviser"]["charger"]["pin"]


@pytest.fixture
def board() -> Board:
    board = Board(BOARD, "kodeviser", SimulationClock(), 0)
    board.pins.configure(PIN, IN, PULL_UP, 255)
    return board


def test_it_charges_while_the_cable_is_in(board: Board) -> None:
    assert board.pins.level(PIN) == 1
    board.set_usb(True)
    assert board.pins.level(PIN) == 0
    board.set_usb(False)
    assert board.pins.level(PIN) == 1


def test_it_ends_at_4_2_v_and_begins_anew_below_96_5_percent_of_that(board: Board) -> None:
    cell = board.parts["battery"]
    board.set_usb(True)
    for millivolts, level in ((4199, 0), (4200, 1), (4100, 1), (4053, 1), (4052, 0), (4100, 0)):
        cell.millivolts = millivolts
        assert board.pins.level(PIN) == level, millivolts


def test_a_full_cell_is_not_charged_and_a_cell_without_a_cable_neither(board: Board) -> None:
    board.parts["battery"].millivolts = 4200
    board.set_usb(True)
    assert board.pins.level(PIN) == 1
    board.set_usb(False)
    board.parts["battery"].millivolts = 3300
    assert board.pins.level(PIN) == 1


def test_without_a_charger_the_pull_up_is_read(board: Board) -> None:
    board.set_usb(True)
    board.parts["charger"].remove()
    assert board.pins.level(PIN) == 1
    board.parts["battery"].millivolts = 3300
    assert board.pins.level(PIN) == 1
