"""The DS3231 against its data sheet (Maxim 19-5170, rev 10)."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.board import Board
from emulator.chips.ds3231 import EPOCH, Ds3231
from emulator.clock import SimulationClock
from firmware.boards.pico import BOARD

SECOND = 1_000_000  # microseconds of the virtual clock
DAY = 86_400 * SECOND


class Bus:
    """A chip with its virtual clock."""

    def __init__(self) -> None:
        self.clock = SimulationClock()
        self.chip = Ds3231({}, Board(BOARD, "kodeviser", self.clock, 0))
        self.chip.mcu_power(True)

    def read(self, register: int, count: int = 1) -> bytes:
        self.chip.write(bytes([register]))
        return self.chip.read(count)

    def write(self, register: int, *values: int) -> None:
        self.chip.write(bytes((register, *values)))

    def set(self, text: str) -> None:
        """Set "YY-MM-DD HH:MM:SS" on day 1 of the week, in the first century."""
        year, month, day, hour, minute, second = (
            int(part, 16) for part in text.replace("-", " ").replace(":", " ").split()
        )
        self.write(0, second, minute, hour, 1, day, month, year)

    def time(self) -> str:
        second, minute, hour, _, day, month, year = self.read(0, 7)
        return f"{year:02x}-{month:02x}-{day:02x} {hour:02x}:{minute:02x}:{second:02x}"

    def run(self, seconds: float) -> None:
        self.clock.run_to(self.clock.now + round(seconds * SECOND))


@pytest.fixture
def bus() -> Bus:
    return Bus()


def test_first_supply_sets_the_reset_values_and_the_oscillator_flag(bus: Bus) -> None:
    assert bus.time() == "00-01-01 00:00:00"
    assert bus.read(0x0E, 2) == b"\x1c\x88"
    assert bus.read(0x10) == b"\x00"


def test_all_nineteen_registers_are_read_and_the_pointer_wraps(bus: Bus) -> None:
    everything = bus.read(0, 19)
    assert bus.read(0, 38) == everything * 2


def test_the_time_of_one_message_is_one_instant(bus: Bus) -> None:
    bus.set("26-12-31 23:59:59")
    bus.chip.write(b"\x00")
    first = bus.chip.read(7)
    bus.run(1)
    assert first[0] == 0x59
    assert bus.time() == "27-01-01 00:00:00"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("23-02-28 23:59:59", "23-03-01 00:00:00"),
        ("24-02-28 23:59:59", "24-02-29 00:00:00"),
        ("24-02-29 23:59:59", "24-03-01 00:00:00"),
        ("26-04-30 23:59:59", "26-05-01 00:00:00"),
        ("00-02-28 23:59:59", "00-02-29 00:00:00"),
    ],
)
def test_months_end_where_they_should(bus: Bus, before: str, after: str) -> None:
    bus.set(before)
    bus.run(1)
    assert bus.time() == after


def test_the_century_bit_toggles_after_year_99_and_2100_is_a_leap_year_for_the_chip(
    bus: Bus,
) -> None:
    bus.set("99-12-31 23:59:59")
    bus.run(1)
    assert bus.time() == "00-81-01 00:00:00"
    bus.write(0, 0x59, 0x59, 0x23, 1, 0x28, 0x82, 0x00)
    bus.run(1)
    assert bus.time() == "00-82-29 00:00:00"
    bus.write(0, 0x59, 0x59, 0x23, 1, 0x31, 0x92, 0x99)
    bus.run(1)
    assert bus.time() == "00-01-01 00:00:00"


def test_day_of_week_steps_at_midnight_from_whatever_was_set(bus: Bus) -> None:
    bus.write(0, 0x59, 0x59, 0x23, 7, 0x05, 0x03, 0x26)
    assert bus.read(3) == b"\x07"
    bus.run(1)
    assert bus.read(3) == b"\x01"


def test_twelve_hour_mode(bus: Bus) -> None:
    bus.write(0, 0x59, 0x59, 0x40 | 0x20 | 0x11, 1, 0x01, 0x01, 0x26)  # 11:59:59 PM
    assert bus.read(2)[0] == 0x71
    bus.run(1)
    assert bus.read(0, 5) == bytes((0x00, 0x00, 0x40 | 0x12, 2, 0x02))  # 12 AM of the next day
    bus.run(13 * 3600)
    assert bus.read(2)[0] == 0x40 | 0x20 | 0x01


def test_writing_the_seconds_restarts_the_countdown_chain(bus: Bus) -> None:
    bus.run(0.9)
    bus.write(0, 0x00)
    bus.run(0.9)
    assert bus.read(0) == b"\x00"
    bus.run(0.1)
    assert bus.read(0) == b"\x01"


def test_writing_only_the_minutes_does_not(bus: Bus) -> None:
    bus.run(0.9)
    bus.write(1, 0x30)
    bus.run(0.1)
    assert bus.read(0, 2) == b"\x01\x30"


def test_the_oscillator_flag_and_alarm_flags_can_only_be_cleared(bus: Bus) -> None:
    bus.write(0x0F, 0x08)
    assert bus.read(0x0F) == b"\x08"
    bus.write(0x0F, 0x8B)
    assert bus.read(0x0F) == b"\x08"


def test_alarm_registers_are_kept(bus: Bus) -> None:
    bus.write(0x07, 1, 2, 3, 4, 5, 6, 7)
    assert bus.read(0x07, 7) == bytes((1, 2, 3, 4, 5, 6, 7))


@pytest.mark.parametrize(
    ("celsius", "registers"), [(25.25, b"\x19\x40"), (-10.25, b"\xf5\xc0"), (0, b"\x00\x00")]
)
def test_temperature_in_quarters_of_a_degree(bus: Bus, celsius: float, registers: bytes) -> None:
    bus.chip.temperature = celsius
    assert bus.read(0x11, 2) == registers
    bus.write(0x11, 0x55, 0x55)
    assert bus.read(0x11, 2) == registers


def test_a_conversion_is_busy_for_a_while(bus: Bus) -> None:
    bus.write(0x0E, 0x3C)
    assert bus.read(0x0E, 2) == b"\x3c\x8c"
    bus.run(0.2)
    assert bus.read(0x0E, 2) == b"\x1c\x88"


def test_the_chip_counts_on_without_the_mcu(bus: Bus) -> None:
    bus.set("26-01-01 00:00:00")
    bus.chip.mcu_power(False)
    bus.run(3600)
    bus.chip.mcu_power(True)
    assert bus.time() == "26-01-01 01:00:00"


def test_eosc_stops_the_oscillator_on_the_backup_cell_and_sets_the_flag(bus: Bus) -> None:
    bus.set("26-01-01 00:00:00")
    bus.write(0x0F, 0x08)
    bus.write(0x0E, 0x9C)
    bus.run(10)
    bus.chip.mcu_power(False)
    bus.run(3600)
    bus.chip.mcu_power(True)
    assert bus.time() == "26-01-01 00:00:10"
    assert bus.read(0x0F) == b"\x88"


@given(st.decimals(-100, 100, places=3), st.integers(1, 400))
def test_drift_is_exact_over_a_year_and_more(ppm: float, days: int) -> None:
    bus = Bus()
    bus.chip.drift_ppm = ppm
    for day in range(days):
        bus.clock.run_to((day + 1) * DAY)
        bus.read(0)  # reading must not round the time
    assert bus.chip.unix == EPOCH + days * 86_400 * (1 + Fraction(ppm) / 10**6)


@pytest.mark.parametrize("aging", [-128, -35, 1, 127])
def test_a_positive_aging_value_slows_by_a_tenth_of_a_ppm_each(bus: Bus, aging: int) -> None:
    bus.write(0x10, aging & 0xFF)
    bus.write(0x0E, 0x3C)  # a conversion applies it at once
    start = bus.chip.unix
    bus.run(10_000_000)
    assert bus.chip.unix - start == 10_000_000 - aging


def test_aging_is_taken_into_use_at_the_next_conversion_every_64_s(bus: Bus) -> None:
    bus.run(10)
    bus.write(0x10, 100)
    bus.run(54)
    assert bus.chip.unix == EPOCH + 64
    bus.run(100_000)
    assert bus.chip.unix == EPOCH + 64 + 99_999


def test_losing_both_supplies_resets_all_registers(bus: Bus) -> None:
    bus.set("26-01-01 00:00:00")
    bus.write(0x0F, 0)
    bus.write(0x10, 5)
    bus.chip.first_supply()
    assert bus.time() == "00-01-01 00:00:00"
    assert bus.read(0x0F, 2) == b"\x88\x00"


@given(st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)), st.integers(0, 10**9))
def test_counting_agrees_with_the_calendar_up_to_2099(start: datetime, seconds: int) -> None:
    start = start.replace(microsecond=0, tzinfo=UTC)
    later = start + timedelta(seconds=seconds)
    bus = Bus()
    bus.set(start.strftime("%y-%m-%d %H:%M:%S"))
    bus.run(seconds)
    if later.year < 2100:
        assert bus.time() == later.strftime("%y-%m-%d %H:%M:%S")


def test_state_survives_saving_and_restoring(bus: Bus) -> None:
    bus.set("26-01-01 00:00:00")
    bus.chip.drift_ppm = 3.5
    bus.run(1000.25)
    other = Bus()
    other.chip.restore(bus.chip.state())
    for one in (bus, other):
        one.run(1_000_000)
    assert other.chip.unix == bus.chip.unix
    assert other.read(0, 19) == bus.read(0, 19)


def test_invalid_time_registers_can_be_counted_and_read(bus: Bus) -> None:
    bus.write(0, *[0xFF] * 7)
    bus.run(1)
    assert len(bus.read(0, 19)) == 19


@pytest.mark.parametrize("cell", ["weak", "dead"])
def test_a_backup_cell_that_fails_matters_once_the_supply_goes(bus: Bus, cell: str) -> None:
    bus.set("26-04-30 12:00:00")
    bus.write(0x0F, 0)
    bus.chip.cell = cell
    bus.run(60)
    assert (bus.time(), bus.read(0x0F)) == ("26-04-30 12:01:00", b"\x00")
    bus.chip.mcu_power(False)
    bus.run(60)
    bus.chip.mcu_power(True)
    bus.run(1)
    assert bus.read(0x0F)[0] & 0x80
    assert bus.time() == {"weak": "26-04-30 12:01:01", "dead": "00-01-01 00:00:01"}[cell]


def test_a_backup_cell_that_fails_on_its_own_stops_the_time(bus: Bus) -> None:
    bus.set("26-04-30 12:00:00")
    bus.write(0x0F, 0)
    bus.chip.mcu_power(False)
    bus.run(10)
    bus.chip.cell = "weak"
    bus.run(60)
    bus.chip.cell = "good"
    bus.run(5)
    bus.chip.mcu_power(True)
    assert bus.time() == "26-04-30 12:00:15"
    assert bus.read(0x0F)[0] & 0x80
