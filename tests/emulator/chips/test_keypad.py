"""The keypad's contacts: matrix, bounce, ghosting."""

import pytest

from emulator.board import Board
from emulator.chips.keypad import KEYS, Keypad
from emulator.clock import SimulationClock
from emulator.shims.records import IN, IRQ_FALLING, OPEN_DRAIN, OUT, PULL_UP
from firmware.boards.pico import BOARD

ROWS, COLUMNS = (0, 1, 2, 3), (6, 7, 8)


@pytest.fixture
def board() -> Board:
    board = Board(BOARD, "kodeoplaeser", SimulationClock(), 0)
    for row in ROWS:
        board.pins.configure(row, IN, PULL_UP, 255)
    for column in COLUMNS:
        board.pins.configure(column, OPEN_DRAIN, 0, 1)
    return board


@pytest.fixture
def keypad(board: Board) -> Keypad:
    return board.parts["keypad"]


def scan(board: Board) -> str:
    """Return the keys that a scan reads, column after column."""
    seen = ""
    for x, column in enumerate(COLUMNS):
        board.pins.write(column, 0)
        seen += "".join(KEYS[y][x] for y, row in enumerate(ROWS) if not board.pins.level(row))
        board.pins.write(column, 1)
    return "".join(sorted(seen))


def settle(board: Board) -> None:
    board.clock.run_to(board.clock.now + 10_000)


@pytest.mark.parametrize("key", "".join(KEYS))
def test_each_key_joins_its_row_and_column(board: Board, keypad: Keypad, key: str) -> None:
    keypad.press(key)
    settle(board)
    assert scan(board) == key
    keypad.release(key)
    settle(board)
    assert scan(board) == ""


@pytest.mark.parametrize("keys", ["15", "12", "14", "0#", "159", "123", "147*"])
def test_keys_that_form_no_rectangle_are_seen_as_they_are(
    board: Board, keypad: Keypad, keys: str
) -> None:
    for key in keys:
        keypad.press(key)
    settle(board)
    assert scan(board) == "".join(sorted(keys))


@pytest.mark.parametrize(
    ("keys", "ghost"), [("124", "5"), ("139", "7"), ("560", "#"), ("1*#", "3")]
)
def test_three_corners_of_a_rectangle_close_the_fourth(
    board: Board, keypad: Keypad, keys: str, ghost: str
) -> None:
    for key in keys:
        keypad.press(key)
    settle(board)
    assert scan(board) == "".join(sorted(keys + ghost))


def test_a_key_bounces_both_ways_and_interrupts_while_all_columns_are_low(
    board: Board, keypad: Keypad
) -> None:
    edges: list[int] = []
    for column in COLUMNS:
        board.pins.write(column, 0)
    board.pins.interrupt(1, IRQ_FALLING)
    board.pins.on_edge = lambda pin, flags: edges.append(board.clock.now)
    keypad.press("5")
    settle(board)
    assert len(edges) > 1
    assert edges[-1] <= 3000
    assert board.pins.level(1) == 0
    edges.clear()
    keypad.release("5")
    settle(board)
    assert len(edges) > 1
    assert board.pins.level(1) == 1


def test_a_driven_column_wins_over_the_contacts_on_it(board: Board, keypad: Keypad) -> None:
    board.pins.configure(COLUMNS[0], OUT, 0, 1)
    keypad.press("1")
    keypad.press("2")
    settle(board)
    board.pins.write(COLUMNS[1], 0)
    assert board.pins.level(COLUMNS[0]) == 1
    assert board.pins.level(ROWS[0]) == 0


def test_there_are_no_other_keys(keypad: Keypad) -> None:
    for key in ("A", "12", ""):
        with pytest.raises(ValueError, match="no key"):
            keypad.press(key)
