"""The vibration motor, on the Pico's pin: what it does is read from its waveform."""

import pytest

from emulator.board import Board
from emulator.clock import SimulationClock
from emulator.shims.records import IN, OUT, PULL_UP
from firmware.boards.pico import BOARD

PIN = BOARD["products"]["kodeoplaeser"]["vibration"]["pin"]


@pytest.fixture
def board() -> Board:
    return Board(BOARD, "kodeoplaeser", SimulationClock(), 0)


def test_the_gates_resistor_is_stronger_than_the_pull_up(board: Board) -> None:
    board.pins.configure(PIN, IN, PULL_UP, 255)
    assert board.pins.level(PIN) == 0


def test_without_motor_and_transistor_the_pull_up_is_read(board: Board) -> None:
    board.pins.configure(PIN, IN, PULL_UP, 255)
    board.parts["vibration"].remove()
    assert board.pins.level(PIN) == 1


def test_the_vibration_rises_to_nine_tenths_in_100_ms_and_dies_down_in_90(board: Board) -> None:
    motor = board.parts["vibration"]
    board.pins.configure(PIN, OUT, 0, 0)
    board.clock.run_to(50_000)
    board.pins.write(PIN, 1)
    board.clock.run_to(350_000)
    assert motor.on
    board.pins.write(PIN, 0)
    board.clock.run_to(600_000)
    assert not motor.on
    wave = motor.waveform(0, 600_000)
    assert len(wave) == 600
    assert max(wave[:50]) == 0
    assert wave[149] < 0.9 <= wave[151]
    assert max(wave) == pytest.approx(1, abs=0.01)
    assert wave[430] > 0.1 > wave[445]
    assert list(motor.waveform(200_000, 300_000)) == pytest.approx(list(wave[200:300]), abs=1e-6)


def test_a_motor_that_is_on_still_vibrates_to_the_present(board: Board) -> None:
    board.pins.configure(PIN, OUT, 0, 1)
    board.clock.run_to(200_000)
    wave = board.parts["vibration"].waveform(0, 200_000)
    assert len(wave) == 200
    assert wave[-1] > 0.95
