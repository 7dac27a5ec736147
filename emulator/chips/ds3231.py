"""DS3231 real-time clock on I2C. Source: Maxim DS3231 data sheet 19-5170, rev 10.

The calendar is the chip's own: every fourth year is a leap year, 2100 too, and the century bit
makes it 200 years. So its time is a plain count of seconds, kept exactly: in units of 1e-18 s,
which drift and aging divide evenly.
"""
# ruff: noqa: PLR2004 - hours of a clock

import re
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from emulator.state_values import Allowed, number, whole
from emulator.state_values import check as check_values
from emulator.surroundings import DRIFT_PPM, TEMPERATURE_C

SECOND = 10**18
RATE = 10**12  # units per microsecond at no drift: drift is set in steps of 1e-6 ppm
AGING_STEP = 100_000  # of those steps: 0.1 ppm per count, positive slows (Aging Offset register)
DAY = 86_400
CENTURY_DAYS = 36_525
EPOCH = 946_684_800  # Unix time of the chip's 2000-01-01
_SATURDAY = 5  # days from a Monday to that one
CONVERSION_US = 64_000_000  # the temperature conversion that also takes a new aging value into use
BUSY_US = 125_000  # a conversion takes 125 ms, typically

ALARM, CONTROL, STATUS, AGING, TEMPERATURE, REGISTERS = 0x07, 0x0E, 0x0F, 0x10, 0x11, 0x13
EOSC, CONV = 0x80, 0x20
OSF, EN32KHZ, BSY, ALARMS = 0x80, 0x08, 0x04, 0x03
_LEAP_CENTURY = date(2000, 1, 1)  # 2000..2099 has the chip's leap years
_WRAP = 2 * CENTURY_DAYS * DAY * SECOND
_PPM = 10**6  # of those steps
_HEX = re.compile(f"[0-9a-f]{{{2 * REGISTERS}}}")
_KEPT: Allowed = {
    "time": whole(0, _WRAP - 1),
    "registers": lambda value: isinstance(value, str) and bool(_HEX.fullmatch(value)),
    "day_shift": whole(0, 6),
    "twelve": lambda value: isinstance(value, bool),
    "aging": whole(-128, 127),
    "drift": whole(*(limit * _PPM for limit in DRIFT_PPM)),
    "temperature": number(*TEMPERATURE_C),
}


def _bcd(value: int) -> int:
    return value // 10 << 4 | value % 10


def _value(bcd: int) -> int:
    return (bcd >> 4) * 10 + (bcd & 0x0F)


class Ds3231:
    """`drift_ppm` (positive: fast) and `temperature` (degrees Celsius) may be set from outside."""

    def __init__(self, part: dict[str, Any], board: Any) -> None:
        """Start as at the first supply."""
        self._clock = board.clock
        self._pointer = 0
        self._mcu = False
        self._cell = "good"
        self.temperature = 25.0
        self._drift = 0
        self._busy_until = 0
        self.first_supply()

    def first_supply(self) -> None:
        """Reset as after loss of both supplies: 2000-01-01 00:00:00, day 1, oscillator flag."""
        self._time, self._synced = 0, self._clock.now
        self._day_shift, self._twelve = 0, False
        self._registers = bytearray(REGISTERS)
        self._registers[CONTROL], self._registers[STATUS] = 0x1C, OSF | EN32KHZ
        self._aging = 0  # the value in use

    def mcu_power(self, on: bool) -> None:
        """Switch VCC; on the backup cell the oscillator runs on unless EOSC is set."""
        self._sync()
        self._mcu = on
        self._on_cell()

    @property
    def cell(self) -> str:
        """The backup cell: "good"; "weak", on which the registers stay and the oscillator stops;
        or "dead", which keeps nothing."""
        return self._cell

    @cell.setter
    def cell(self, state: str) -> None:
        self._sync()
        self._cell = state
        self._on_cell()

    def _on_cell(self) -> None:
        """Do what lies on the backup cell while there is no other supply."""
        if not self._mcu and self._cell == "dead":
            self.first_supply()
        elif self._stopped():
            self._registers[STATUS] |= OSF

    def _stopped(self) -> bool:
        """Whether the oscillator stands still."""
        return not self._mcu and bool(self._registers[CONTROL] & EOSC or self._cell != "good")

    @property
    def drift_ppm(self) -> float:
        """Error of the oscillator in ppm, before the aging register; positive runs fast."""
        return self._drift / _PPM

    @drift_ppm.setter
    def drift_ppm(self, ppm: float) -> None:
        drift = round(Fraction(str(ppm)) * _PPM)
        if not _KEPT["drift"](drift):
            raise ValueError("A clock's drift is from {} to {} ppm.".format(*DRIFT_PPM))
        self._sync()
        self._drift = drift

    @property
    def temperature(self) -> float:
        """The chip's temperature, degrees Celsius."""
        return self._temperature

    @temperature.setter
    def temperature(self, celsius: float) -> None:
        if not _KEPT["temperature"](celsius):
            raise ValueError("A temperature is -273.15 °C or more, and below 1000 °C.")
        self._temperature = celsius

    @property
    def unix(self) -> Fraction:
        """The time that the chip counts, as Unix seconds of its own calendar."""
        self._sync()
        return EPOCH + Fraction(self._time, SECOND)

    def set_unix(self, seconds: float | Fraction) -> None:
        """Set the time from outside as the firmware does: weekday 1 for Monday, no flag, no output
        of 32 kHz."""
        self._sync()
        self._time = round((Fraction(seconds) - EPOCH) * SECOND) % _WRAP
        self._registers[STATUS] &= ~(OSF | EN32KHZ)
        self._day_shift = _SATURDAY

    def shift(self, microseconds: int) -> None:
        """Add `microseconds` to the time, without time passing."""
        self._sync()
        self._time = (self._time + microseconds * RATE) % _WRAP

    def _sync(self) -> None:
        """Count up to now; a new aging value takes effect at the next temperature conversion."""
        now = self._clock.now
        stopped = self._stopped()
        wanted = self._signed(AGING)
        if wanted != self._aging:
            change = min(now, -(-self._synced // CONVERSION_US) * CONVERSION_US)
            self._count(0 if stopped else change - self._synced)
            self._synced = change
            if change < now:
                self._aging = wanted
        self._count(0 if stopped else now - self._synced)
        self._synced = now

    def _count(self, microseconds: int) -> None:
        self._time = (
            self._time + microseconds * (RATE + self._drift - self._aging * AGING_STEP)
        ) % _WRAP

    def _signed(self, register: int) -> int:
        value = self._registers[register]
        return value - 256 if value > 127 else value

    def write(self, data: bytes) -> None:
        """Take a register address, then bytes; time registers take effect together at the end."""
        if not data:
            return
        self._sync()
        self._fill()
        self._pointer = data[0] % REGISTERS
        touched = set()
        for byte in data[1:]:
            self._put(self._pointer, byte)
            touched.add(self._pointer)
            self._pointer = (self._pointer + 1) % REGISTERS
        if touched & set(range(7)):
            self._set_calendar(restart=0 in touched)

    def read(self, count: int) -> bytes:
        """Give bytes from the register pointer on; they show the time at the message's start."""
        self._sync()
        self._fill()
        answer = bytes(self._registers[(self._pointer + i) % REGISTERS] for i in range(count))
        self._pointer = (self._pointer + count) % REGISTERS
        return answer

    def _put(self, register: int, byte: int) -> None:
        if register == STATUS:
            # OSF and the alarm flags can only be cleared; BSY cannot be written.
            flags = OSF | ALARMS
            old = self._registers[STATUS]
            byte = old & byte & flags | byte & EN32KHZ | old & BSY
        elif register == CONTROL and byte & CONV and self._clock.now >= self._busy_until:
            self._busy_until = self._clock.now + BUSY_US
            self._aging = self._signed(AGING)
        elif register >= TEMPERATURE:
            return
        self._registers[register] = byte

    def _fill(self) -> None:
        """Bring the time, temperature and busy registers up to date."""
        days, second = divmod(self._time // SECOND, DAY)
        century, day = divmod(days, CENTURY_DAYS)
        today = _LEAP_CENTURY + timedelta(days=day)
        hour = second // 3600
        registers = self._registers
        registers[0], registers[1] = _bcd(second % 60), _bcd(second // 60 % 60)
        if self._twelve:
            registers[2] = 0x40 | (0x20 if hour >= 12 else 0) | _bcd((hour - 1) % 12 + 1)
        else:
            registers[2] = _bcd(hour)
        registers[3] = (days + self._day_shift) % 7 + 1
        registers[4], registers[5] = _bcd(today.day), century << 7 | _bcd(today.month)
        registers[6] = _bcd(today.year - 2000)
        busy = self._clock.now < self._busy_until
        registers[STATUS] = registers[STATUS] & ~BSY | (BSY if busy else 0)
        if not busy:
            registers[CONTROL] &= ~CONV
        quarters = round(self.temperature * 4)
        registers[TEMPERATURE], registers[TEMPERATURE + 1] = (
            quarters >> 2 & 0xFF,
            (quarters & 3) << 6,
        )

    def _set_calendar(self, restart: bool) -> None:
        """Set the time from the time registers; invalid values wrap around.

        Writing the seconds restarts the countdown chain.
        """
        registers = self._registers
        self._twelve = bool(registers[2] & 0x40)
        if self._twelve:
            hour = _value(registers[2] & 0x1F) % 12 + (12 if registers[2] & 0x20 else 0)
        else:
            hour = _value(registers[2] & 0x3F)
        month = min(max(_value(registers[5] & 0x1F), 1), 12)
        first = date(2000 + _value(registers[6]) % 100, month, 1)
        days = (
            (first - _LEAP_CENTURY).days
            + _value(registers[4] & 0x3F)
            - 1
            + CENTURY_DAYS * (registers[5] >> 7)
        )
        second = hour * 3600 + _value(registers[1] & 0x7F) * 60 + _value(registers[0] & 0x7F)
        fraction = 0 if restart else self._time % SECOND
        self._time = ((days * DAY + second) * SECOND + fraction) % _WRAP
        self._day_shift = ((registers[3] & 7) - 1 - self._time // SECOND // DAY) % 7

    @property
    def settings(self) -> tuple[bytes, int]:
        """What does not change by itself: alarms, control, status and aging, and the drift."""
        kept = bytearray(self._registers[ALARM:TEMPERATURE])
        kept[CONTROL - ALARM] &= ~CONV
        kept[STATUS - ALARM] &= ~BSY
        return bytes(kept), self._drift

    def state(self) -> dict[str, Any]:
        """Give what the backup cell keeps, as plain data."""
        self._sync()
        return {
            "time": self._time,
            "registers": self._registers.hex(),
            "day_shift": self._day_shift,
            "twelve": self._twelve,
            "aging": self._aging,
            "drift": self._drift,
            "temperature": self.temperature,
        }

    @staticmethod
    def check(state: dict[str, Any]) -> None:
        """Check that `state` gave it; StateValueError."""
        check_values(state, _KEPT, "clock.")

    def restore(self, state: dict[str, Any]) -> None:
        """Restore what `state` gave; StateValueError for anything else, before anything changes."""
        self.check(state)
        self._time = state["time"]
        self._day_shift, self._twelve = state["day_shift"], state["twelve"]
        self._registers = bytearray.fromhex(state["registers"])
        self._aging, self._drift, self.temperature = (
            state["aging"],
            state["drift"],
            state["temperature"],
        )
        self._synced = self._clock.now


CHIP = Ds3231
