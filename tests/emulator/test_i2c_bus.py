"""An I2C bus whose chips hold its lines, against UM10204 (3.1.16) and what MicroPython's rp2 port
makes of it."""

from errno import EIO, ETIMEDOUT

import pytest

from emulator.board import Board
from emulator.clock import SimulationClock
from emulator.i2c_bus import PHASES, TIMEOUT_US, Hold, I2cBus
from emulator.mcu.pins import Pins
from emulator.shims.records import IN, OPEN_DRAIN, PULL_UP
from firmware.boards.pico import BOARD

SDA, SCL, ADDRESS = 4, 5, 0x3C


class Memory:
    """A chip that keeps what is written, and reads as ones."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def read(self, count: int) -> bytes:
        return b"\xff" * count


class Bench:
    """A bus with one chip, and the microcontroller's pins on it."""

    def __init__(self) -> None:
        self.clock, self.pins, self.chip = SimulationClock(), Pins(), Memory()
        self.bus = I2cBus(SDA, SCL, self.pins, self.clock)
        self.bus.chips[ADDRESS] = self.chip

    def error(self, data: bytes, count: int = 0) -> int | None:
        with pytest.raises(OSError, match=r".") as error:
            self.bus.transfer(ADDRESS, data, count)
        return error.value.errno

    def pulse(self, times: int) -> None:
        self.pins.configure(SDA, IN, PULL_UP, 255)
        self.pins.configure(SCL, OPEN_DRAIN, 0, 1)
        for _ in range(times):
            self.pins.write(SCL, 0)
            self.pins.write(SCL, 1)


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.mark.parametrize("phase", PHASES)
def test_a_write_that_is_held_loses_the_arbitration_and_the_next_waits_in_vain(
    bench: Bench, phase: str
) -> None:
    bench.bus.hold(Hold(bench.chip, phase))
    assert bench.error(b"\x00\x11\x22\x33") == EIO
    got = {"address": [], "register": [b"\x00"], "data": [b"\x00\x11\x22"]}
    assert bench.chip.written == got[phase]
    assert bench.pins.level(SDA) == 0
    before = bench.clock.now
    assert bench.error(b"\x00\x11") == ETIMEDOUT
    assert bench.clock.now - before == TIMEOUT_US


def test_a_read_that_is_held_gives_zeros_and_no_error(bench: Bench) -> None:
    bench.bus.hold(Hold(bench.chip, "data", passed=3))
    assert bench.bus.transfer(ADDRESS, b"\x00", 5) == b"\xff\xff\xff\x00\x00"
    assert bench.error(b"\x00", 1) == ETIMEDOUT


def test_a_held_clock_line_times_out_and_no_pulses_free_it(bench: Bench) -> None:
    bench.bus.hold(Hold(bench.chip, "data", line="scl"))
    assert bench.error(b"\x00\x11") == ETIMEDOUT
    assert (bench.pins.level(SDA), bench.pins.level(SCL)) == (1, 0)
    bench.pulse(9)
    assert bench.error(b"\x00") == ETIMEDOUT


@pytest.mark.parametrize(("clocks", "pulses", "free"), [(9, 9, 1), (9, 8, 0), (1, 1, 1)])
def test_the_line_is_let_go_after_so_many_pulses(
    bench: Bench, clocks: int, pulses: int, free: int
) -> None:
    bench.bus.hold(Hold(bench.chip, "register", clocks=clocks))
    assert bench.error(b"\x01\x02") == EIO
    bench.pulse(pulses)
    assert bench.pins.level(SDA) == free
    if free:
        assert bench.bus.transfer(ADDRESS, b"\x01", 1) == b"\xff"


@pytest.mark.parametrize(("clocks", "free"), [(9, 1), (None, 0)])
def test_a_chip_without_power_lets_go_unless_it_is_broken(
    bench: Bench, clocks: int | None, free: int
) -> None:
    bench.bus.hold(Hold(bench.chip, "address", clocks=clocks))
    assert bench.error(b"\x80") == EIO
    bench.bus.power(False)
    assert bench.pins.level(SDA) == free
    bench.bus.let_go()
    assert bench.pins.level(SDA) == 1


def test_a_fault_comes_in_the_transfer_that_it_was_set_for(bench: Bench) -> None:
    bench.bus.hold(Hold(bench.chip, "data", after=2))
    for _ in range(2):
        bench.bus.transfer(ADDRESS, b"\x00\x01", 0)
        bench.bus.transfer(ADDRESS, b"\x00", 0)  # has no data: is not counted
        assert bench.bus.faulty
        assert not bench.bus.held
    assert bench.error(b"\x00\x01\x02\x03") == EIO
    with pytest.raises(ValueError, match="phase='stop'"):
        bench.bus.hold(Hold(bench.chip, "stop"))


def test_a_late_chip_answers_after_its_time(bench: Bench) -> None:
    bench.bus.answer_late(ADDRESS, 1000)
    bench.bus.power(True)
    assert bench.error(b"\x00") == EIO
    bench.clock.run_to(1000)
    bench.bus.transfer(ADDRESS, b"\x00", 0)
    assert bench.chip.written == [b"\x00"]


def test_a_part_is_replaced_by_another_chip() -> None:
    board = Board(BOARD, "kodeviser", SimulationClock(), 0)
    board.connect("i2c", 0, sda=SDA, scl=SCL)
    board.mcu_power(True)
    board.connect("i2c", 0, sda=SDA, scl=SCL)
    board.attach("display", "sh1106")
    assert type(board.parts["display"]).__name__ == "Sh1106"
    board.i2c_buses[0].transfer(ADDRESS, b"\x00\xaf", 0)
    assert board.parts["display"].lit
    board.detach("display")
    board.detach("display")
    assert board.i2c_scan(0) == b"\x68"
    board.attach("display")
    assert board.i2c_scan(0) == b"\x3c\x68"
