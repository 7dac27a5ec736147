"""The memory LCD against the LS027B7DH01 data sheet, by the bytes on its bus."""

import pytest

from emulator.board import Board
from emulator.chips.sharp_lcd import CLEAR, VCOM, WRITE, SharpLcd
from emulator.clock import SimulationClock
from emulator.shims.records import OUT
from firmware.boards.pico import BOARD

SELECT, ENABLE = 17, 20
WIDTH, HEIGHT, STRIDE = 400, 240, 50


@pytest.fixture
def board() -> Board:
    board = Board(BOARD, "kodeoplaeser", SimulationClock(), 0)
    board.mcu_power(True)
    board.connect("spi", 0, sck=18, mosi=19)
    board.spi_clock(0, 0, 2_000_000)
    for pin in (SELECT, ENABLE):
        board.pins.configure(pin, OUT, 0, 0)
    return board


@pytest.fixture
def lcd(board: Board) -> SharpLcd:
    return board.parts["display"]


def transfer(board: Board, *pieces: bytes) -> None:
    board.pins.write(SELECT, 1)
    for piece in pieces:
        board.spi_write(0, piece)
    board.pins.write(SELECT, 0)


def address(line: int) -> int:
    """Return the line number's bits in the order of the wire: the lowest first."""
    return int(f"{line:08b}"[::-1], 2)


def line(number: int, pixels: bytes) -> bytes:
    return bytes((address(number),)) + pixels + b"\0"


def cleared(board: Board) -> SharpLcd:
    transfer(board, bytes((CLEAR, 0)))
    board.pins.write(ENABLE, 1)
    return board.parts["display"]


def black(lcd: SharpLcd) -> set[tuple[int, int]]:
    return {(n % WIDTH, n // WIDTH) for n, pixel in enumerate(lcd.pixels()) if pixel}


def test_memory_holds_anything_at_power_on_and_white_after_clear(board: Board) -> None:
    board.pins.write(ENABLE, 1)
    assert 0 < sum(board.parts["display"].pixels()) < WIDTH * HEIGHT
    assert not any(cleared(board).pixels())


def test_a_line_is_addressed_lowest_bit_first_from_1_and_shows_its_first_bit_at_the_left(
    board: Board,
) -> None:
    lcd = cleared(board)
    pixels = b"\x7f" + b"\xff" * (STRIDE - 2) + b"\xfe"  # 0 is black: the first pixel and the last
    transfer(board, bytes((WRITE,)), line(1, pixels), b"\0")
    transfer(board, bytes((WRITE,)), line(240, pixels), b"\0")
    assert black(lcd) == {(0, 0), (399, 0), (0, 239), (399, 239)}
    assert lcd.faults == []


def test_many_lines_in_one_transfer_in_any_order_and_pieces(board: Board) -> None:
    lcd = cleared(board)
    wire = bytes((WRITE,)) + b"".join(line(n, b"\0" * STRIDE) for n in (7, 3, 200)) + b"\0"
    transfer(board, *(wire[i : i + 17] for i in range(0, len(wire), 17)))
    assert {y for _, y in black(lcd)} == {6, 2, 199}
    assert len(black(lcd)) == 3 * WIDTH


def test_the_last_line_is_lost_without_sixteen_clocks_after_it(board: Board) -> None:
    lcd = cleared(board)
    transfer(board, bytes((WRITE,)), line(1, b"\0" * STRIDE), line(2, b"\0" * STRIDE))
    assert {y for _, y in black(lcd)} == {0}
    assert len(lcd.faults) == 1


@pytest.mark.parametrize("number", [0, 241, 255])
def test_a_line_that_is_not_there_changes_nothing(board: Board, number: int) -> None:
    lcd = cleared(board)
    transfer(board, bytes((WRITE,)), line(number, b"\0" * STRIDE), b"\0")
    assert black(lcd) == set()
    assert lcd.faults == [f"line {number}"]


def test_bytes_without_select_are_ignored(board: Board) -> None:
    lcd = cleared(board)
    board.spi_write(0, bytes((WRITE,)) + line(1, b"\0" * STRIDE) + b"\0")
    assert black(lcd) == set()


def test_display_low_shows_white_and_keeps_the_memory(board: Board) -> None:
    lcd = cleared(board)
    transfer(board, bytes((WRITE,)), line(5, b"\0" * STRIDE), b"\0")
    board.pins.write(ENABLE, 0)
    assert black(lcd) == set()
    board.pins.write(ENABLE, 1)
    assert len(black(lcd)) == WIDTH


def test_an_spi_mode_or_rate_outside_the_data_sheet_is_a_fault(board: Board) -> None:
    lcd = cleared(board)
    for mode, hertz in ((1, 1_000_000), (0, 2_000_001)):
        board.spi_clock(0, mode, hertz)
        lcd.faults.clear()
        transfer(board, b"\0\0")
        assert len(lcd.faults) == 1


def test_the_longest_time_without_a_change_of_vcom_is_measured(board: Board) -> None:
    lcd = cleared(board)
    for mode, wait in ((VCOM, 700_000), (VCOM, 400_000), (0, 300_000), (VCOM, 900_000)):
        board.clock.run_to(board.clock.now + wait)
        transfer(board, bytes((mode, 0)))
    assert lcd.longest_dc == max(700_000, 400_000 + 300_000, 900_000)


def test_a_panel_that_is_off_needs_no_vcom(board: Board) -> None:
    lcd = cleared(board)
    board.pins.write(ENABLE, 0)
    board.clock.run_to(3_600_000_000)
    board.pins.write(ENABLE, 1)
    board.clock.run_to(3_600_500_000)
    board.pins.write(ENABLE, 0)
    assert lcd.longest_dc == 500_000
