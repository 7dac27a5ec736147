"""The memory LCD against the LS027B7DH01 data sheet, driven by the bytes of its bus."""

import pytest

from emulator.board import Bench
from emulator.chips.sharp_lcd import CLEAR, VCOM, WRITE, SharpLcd
from emulator.clock import Clock
from emulator.shims.records import OUT
from firmware.boards.pico import BOARD

SELECT, ENABLE = 17, 20
WIDTH, HEIGHT, STRIDE = 400, 240, 50


@pytest.fixture
def bench() -> Bench:
    bench = Bench(BOARD, "kodeoplaeser", Clock(), 0)
    bench.mcu_power(True)
    bench.connect("spi", 0, sck=18, mosi=19)
    bench.spi_clock(0, 0, 2_000_000)
    for pin in (SELECT, ENABLE):
        bench.pins.configure(pin, OUT, 0, 0)
    return bench


@pytest.fixture
def lcd(bench: Bench) -> SharpLcd:
    return bench.parts["display"]


def transfer(bench: Bench, *pieces: bytes) -> None:
    bench.pins.write(SELECT, 1)
    for piece in pieces:
        bench.spi_write(0, piece)
    bench.pins.write(SELECT, 0)


def address(line: int) -> int:
    """Its bits in the order of the wire: the lowest first."""
    return int(f"{line:08b}"[::-1], 2)


def line(number: int, pixels: bytes) -> bytes:
    return bytes((address(number),)) + pixels + b"\0"


def cleared(bench: Bench) -> SharpLcd:
    transfer(bench, bytes((CLEAR, 0)))
    bench.pins.write(ENABLE, 1)
    return bench.parts["display"]


def black(lcd: SharpLcd) -> set[tuple[int, int]]:
    return {(n % WIDTH, n // WIDTH) for n, pixel in enumerate(lcd.pixels()) if pixel}


def test_memory_holds_anything_at_power_on_and_white_after_clear(bench: Bench) -> None:
    bench.pins.write(ENABLE, 1)
    assert 0 < sum(bench.parts["display"].pixels()) < WIDTH * HEIGHT
    assert not any(cleared(bench).pixels())


def test_a_line_is_addressed_lowest_bit_first_from_1_and_shows_its_first_bit_at_the_left(
    bench: Bench,
) -> None:
    lcd = cleared(bench)
    pixels = b"\x7f" + b"\xff" * (STRIDE - 2) + b"\xfe"  # 0 is black: the first pixel and the last
    transfer(bench, bytes((WRITE,)), line(1, pixels), b"\0")
    transfer(bench, bytes((WRITE,)), line(240, pixels), b"\0")
    assert black(lcd) == {(0, 0), (399, 0), (0, 239), (399, 239)}
    assert lcd.faults == []


def test_many_lines_in_one_transfer_in_any_order_and_pieces(bench: Bench) -> None:
    lcd = cleared(bench)
    wire = bytes((WRITE,)) + b"".join(line(n, b"\0" * STRIDE) for n in (7, 3, 200)) + b"\0"
    transfer(bench, *(wire[i : i + 17] for i in range(0, len(wire), 17)))
    assert {y for _, y in black(lcd)} == {6, 2, 199}
    assert len(black(lcd)) == 3 * WIDTH


def test_the_last_line_is_lost_without_sixteen_clocks_after_it(bench: Bench) -> None:
    lcd = cleared(bench)
    transfer(bench, bytes((WRITE,)), line(1, b"\0" * STRIDE), line(2, b"\0" * STRIDE))
    assert {y for _, y in black(lcd)} == {0}
    assert len(lcd.faults) == 1


@pytest.mark.parametrize("number", [0, 241, 255])
def test_a_line_that_is_not_there_changes_nothing(bench: Bench, number: int) -> None:
    lcd = cleared(bench)
    transfer(bench, bytes((WRITE,)), line(number, b"\0" * STRIDE), b"\0")
    assert black(lcd) == set()
    assert lcd.faults == [f"line {number}"]


def test_bytes_without_select_are_for_somebody_else(bench: Bench) -> None:
    lcd = cleared(bench)
    bench.spi_write(0, bytes((WRITE,)) + line(1, b"\0" * STRIDE) + b"\0")
    assert black(lcd) == set()


def test_display_low_shows_white_and_keeps_the_memory(bench: Bench) -> None:
    lcd = cleared(bench)
    transfer(bench, bytes((WRITE,)), line(5, b"\0" * STRIDE), b"\0")
    bench.pins.write(ENABLE, 0)
    assert black(lcd) == set()
    bench.pins.write(ENABLE, 1)
    assert len(black(lcd)) == WIDTH


def test_what_the_clock_must_not_be_is_a_fault(bench: Bench) -> None:
    lcd = cleared(bench)
    for mode, hertz in ((1, 1_000_000), (0, 2_000_001)):
        bench.spi_clock(0, mode, hertz)
        lcd.faults.clear()
        transfer(bench, b"\0\0")
        assert len(lcd.faults) == 1


def test_the_longest_time_without_a_change_of_vcom_is_known(bench: Bench) -> None:
    lcd = cleared(bench)
    for mode, wait in ((VCOM, 700_000), (VCOM, 400_000), (0, 300_000), (VCOM, 900_000)):
        bench.clock.run_to(bench.clock.now + wait)
        transfer(bench, bytes((mode, 0)))
    assert lcd.longest_dc == max(700_000, 400_000 + 300_000, 900_000)


def test_a_panel_that_is_off_needs_no_vcom(bench: Bench) -> None:
    lcd = cleared(bench)
    bench.pins.write(ENABLE, 0)
    bench.clock.run_to(3_600_000_000)
    bench.pins.write(ENABLE, 1)
    bench.clock.run_to(3_600_500_000)
    bench.pins.write(ENABLE, 0)
    assert lcd.longest_dc == 500_000
