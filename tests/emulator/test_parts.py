"""Button, latch, battery and VBUS sense, each on the Pico's pins."""

from copy import deepcopy
from importlib import import_module

import pytest

from emulator.board import Board
from emulator.chips.latch import HOLD_UP_US
from emulator.clock import SimulationClock
from emulator.errors import PinFunctionError
from emulator.shims.records import IN, IRQ_FALLING, IRQ_RISING, OUT, PULL_UP
from firmware.boards.pico import BOARD

BUTTON, HOLD, VBUS, CELL = 15, 14, 24, 26


@pytest.fixture
def board() -> Board:
    return Board(BOARD, "kodeviser", SimulationClock(), 0)


def test_the_button_bounces_within_3_ms_and_ends_at_its_new_level(board: Board) -> None:
    edges: list[tuple[int, int]] = []
    board.pins.configure(BUTTON, IN, PULL_UP, 255)
    board.pins.interrupt(BUTTON, IRQ_FALLING | IRQ_RISING)
    board.pins.on_edge = lambda pin, flags: edges.append((board.clock.now, flags))
    for move, level in ((board.parts["button"].press, 0), (board.parts["button"].release, 1)):
        edges.clear()
        start = board.clock.now
        move()
        board.clock.run_to(start + 1_000_000)
        assert board.pins.level(BUTTON) == level
        assert len(edges) > 2
        assert edges[-1][0] - start <= 3000


def test_a_press_shorter_than_its_bounce_still_ends_open(board: Board) -> None:
    board.pins.configure(BUTTON, IN, PULL_UP, 255)
    board.parts["button"].press()
    board.clock.run_to(1000)
    board.parts["button"].release()
    board.clock.run_to(1_000_000)
    assert board.pins.level(BUTTON) == 1


def test_power_ends_half_a_second_after_the_button_without_the_hold_pin(board: Board) -> None:
    latch = board.parts["latch"]
    board.parts["button"].press()
    board.clock.run_to(10_000_000)
    assert latch.powered
    board.parts["button"].release()
    board.clock.run_to(10_000_000 + HOLD_UP_US - 1)
    assert latch.powered
    board.clock.run_to(10_000_000 + HOLD_UP_US)
    assert not latch.powered


def test_the_hold_pin_keeps_power_and_dropping_it_ends_power_at_once(board: Board) -> None:
    latch = board.parts["latch"]
    board.parts["button"].press()
    board.pins.configure(HOLD, OUT, 0, 1)
    board.parts["button"].release()
    board.clock.run_to(60_000_000)
    assert latch.powered
    board.pins.write(HOLD, 0)
    assert not latch.powered


def test_a_held_button_or_the_cable_keeps_power_when_the_pin_drops(board: Board) -> None:
    latch = board.parts["latch"]
    board.parts["button"].press()
    board.pins.configure(HOLD, OUT, 0, 1)
    board.pins.write(HOLD, 0)
    assert latch.powered
    board.set_usb(True)
    board.parts["button"].release()
    board.clock.run_to(60_000_000)
    assert latch.powered
    board.set_usb(False)
    board.clock.run_to(61_000_000)
    assert not latch.powered


def test_power_that_was_cut_while_it_ran_out_stays_with_the_next_press(board: Board) -> None:
    """The cable is pulled, and pulled again by the power cut; then the button is pressed."""
    latch = board.parts["latch"]
    board.set_usb(True)
    board.set_usb(False)
    board.set_usb(False)
    latch.drop()
    assert not latch.powered
    board.parts["button"].press()
    board.clock.run_to(10 * HOLD_UP_US)
    assert latch.powered


def test_vbus_sense_follows_the_cable(board: Board) -> None:
    assert board.pins.level(VBUS) == 0
    board.set_usb(True)
    assert board.pins.level(VBUS) == 1


@pytest.mark.parametrize("millivolts", [0, 3000, 3500, 4200])
def test_the_adc_sees_half_of_the_cell_against_3300_mv(board: Board, millivolts: int) -> None:
    board.parts["battery"].millivolts = millivolts
    assert board.adc[CELL].read_u16() * 2 * 3300 / 65535 == pytest.approx(millivolts, abs=3)


@pytest.mark.parametrize(
    ("kind", "bus", "pins", "told"),
    [
        ("i2c", 0, {"sda": 6, "scl": 7}, "pin 6 cannot be SDA of I2C 0"),
        ("i2c", 1, {"sda": 4, "scl": 5}, "pin 4 cannot be SDA of I2C 1"),
        ("spi", 0, {"sck": 18, "mosi": 11}, "pin 11 cannot be MOSI of SPI 0"),
        ("spi", 2, {"sck": 18, "mosi": 19}, "has no SPI 2"),
    ],
)
def test_a_bus_on_pins_that_cannot_be_its_lines_is_refused(
    board: Board, kind: str, bus: int, pins: dict[str, int], told: str
) -> None:
    with pytest.raises(PinFunctionError, match=told):
        board.connect(kind, bus, **pins)


@pytest.mark.parametrize(
    ("board_name", "pin"),
    [("pico", 23), ("pico", 24), ("pico", 25), ("pico", 29), ("pico2", 25), ("esp32_s3", 33)],
)
def test_a_pin_that_the_board_does_not_bring_out_is_refused_by_its_entry(
    board_name: str, pin: int
) -> None:
    board_file = deepcopy(import_module(f"firmware.boards.{board_name}").BOARD)
    board_file["products"]["kodeviser"]["button"]["pin"] = pin
    with pytest.raises(
        PinFunctionError, match=rf"products / kodeviser / button / pin: .* pin {pin} out"
    ):
        Board(board_file, "kodeviser", SimulationClock(), 0)


def test_a_bus_of_a_part_is_refused_by_its_own_entry() -> None:
    board_file = deepcopy(import_module("firmware.boards.esp32_s3").BOARD)
    board_file["buses"]["i2c"]["scl"] = 34
    with pytest.raises(PinFunctionError, match=r"buses / i2c / scl: .* pin 34 out"):
        Board(board_file, "kodeviser", SimulationClock(), 0)
    board_file["name"] = "a board of one's own"
    Board(board_file, "kodeviser", SimulationClock(), 0)


def test_a_bus_on_other_pins_reaches_no_chip(board: Board) -> None:
    board.connect("i2c", 0, sda=4, scl=5)
    assert board.i2c_scan(0) == b"\x3c\x68"
    board.connect("i2c", 0, sda=8, scl=9)
    assert board.i2c_scan(0) == b""
    assert board.i2c(0) is None


def test_a_detached_part_does_not_answer(board: Board) -> None:
    board.connect("i2c", 0, sda=4, scl=5)
    board.detach("clock")
    assert board.i2c_scan(0) == b"\x3c"
