"""DS3231 real-time clock over I2C. Source: Maxim DS3231 data sheet 19-5170 rev 10.

Times are Unix seconds (UTC), temperatures hundredths of a degree Celsius, aging in the chip's own
steps (about 0.1 ppm at 25 degrees C; a positive number slows the clock down).

The chip's calendar has a leap day every fourth year, in 2100 too. The driver uses it as a counter
of seconds with that calendar, so the years 2000 to 2199 are exact; the registers show dates after
February 2100 one day early.

A clock that other software has set may be right in its own way (12-hour mode, local time, another
century) and give wrong codes. So a time counts only while all registers are as set() leaves them.
"""

from micropython import const

if False:
    from firmware.interfaces import I2C, Buffer  # type: ignore[unreachable]

_SECONDS = const(0x00)
_CONTROL = const(0x0E)
_STATUS = const(0x0F)
_AGING = const(0x10)
_TEMPERATURE = const(0x11)
_READ = const(0x10)  # registers in a burst: all up to the status

_CONTROL_DEFAULT = const(0x1C)  # oscillator runs on the backup cell too, no square wave, no alarms
_CONVERT = const(0x20)
# Status: the oscillator has stopped since this flag was cleared; the 32 kHz output is on, as after
# the first supply.
_STOPPED = const(0x80)
_OUTPUT = const(0x08)
_BUSY = const(0x04)
_ALARMS = bytes(7)  # the alarm registers: a day 0 never comes

_EPOCH = 946684800  # 2000-01-01T00:00:00Z
_DAY = const(86400)
_FOUR_YEARS = const(1461)  # days
_MONTHS = b"\x1f\x1d\x1f\x1e\x1f\x1e\x1f\x1f\x1e\x1f\x1e\x1f"  # days of each month in a leap year
_LAST_DAY = const(73050)  # day number, 200 years by the chip's calendar with its century bit


def from_board(part: dict, bus: "I2C", product: dict) -> "Ds3231":
    """Return the clock that the board data describes."""
    return Ds3231(bus, part["address"])


def _bcd(value: int) -> int:
    return value // 10 << 4 | value % 10


def _number(bcd: int, low: int, high: int) -> int:
    if bcd & 15 > 9 or not low <= (bcd >> 4) * 10 + (bcd & 15) <= high:
        raise ValueError("clock registers")
    return (bcd >> 4) * 10 + (bcd & 15)


def registers(unix: int) -> bytes:
    """Return the seven time registers (bytes) for a time: 24-hour mode, weekday 1 for Monday."""
    days, second = divmod(unix - _EPOCH, _DAY)
    if not 0 <= days < _LAST_DAY:
        raise ValueError("time out of the clock's range")
    weekday = (days + 5) % 7 + 1
    year = days // _FOUR_YEARS * 4
    days %= _FOUR_YEARS
    leap = days < 366
    if not leap:
        year += 1 + (days - 366) // 365
        days = (days - 366) % 365
    month = 0
    while True:
        length = 28 if month == 1 and not leap else _MONTHS[month]
        if days < length:
            break
        days -= length
        month += 1
    return bytes(
        (
            _bcd(second % 60),
            _bcd(second // 60 % 60),
            _bcd(second // 3600),
            weekday,
            _bcd(days + 1),
            _bcd(month + 1) | (0x80 if year > 99 else 0),
            _bcd(year % 100),
        )
    )


def seconds(data: "Buffer") -> int:
    """Return the time in the seven time registers (bytes); ValueError when they hold none, or in
    another form than registers() gives: 12-hour mode, another weekday."""
    hour = _number(data[2], 0, 23)  # 12-hour mode adds 40 or 60
    year = _number(data[6], 0, 99) + (100 if data[5] & 0x80 else 0)
    month = _number(data[5] & 0x1F, 1, 12)
    leap = year % 4 == 0
    length = 28 if month == 2 and not leap else _MONTHS[month - 1]
    days = (year * _FOUR_YEARS + 3) // 4 + _number(data[4], 1, length) - 1
    for earlier in range(month - 1):
        days += _MONTHS[earlier]
    if month > 2 and not leap:
        days -= 1
    if data[3] != (days + 5) % 7 + 1:
        raise ValueError("clock set by other software")
    return (
        _EPOCH + days * _DAY + hour * 3600 + _number(data[1], 0, 59) * 60 + _number(data[0], 0, 59)
    )


class Ds3231:
    """A clock chip. Raises the bus's OSError when the chip does not answer."""

    def __init__(self, i2c: "I2C", address: int):
        """Read a register, to see whether the chip answers."""
        self._i2c = i2c
        self._address = address
        self._registers = bytearray(_READ)
        self._byte = bytearray(1)
        self._get(_STATUS)

    def _get(self, register: int) -> int:
        self._i2c.readfrom_mem_into(self._address, register, self._byte)
        return self._byte[0]

    def _put(self, register: int, value: int) -> None:
        self._byte[0] = value
        self._i2c.writeto_mem(self._address, register, self._byte)

    def read(self) -> int:
        """Return the time; ValueError when both supplies failed since set(), or when the registers
        hold another time, or are set otherwise, than set() does.

        One burst: the chip copies its counters at the start of the transfer.
        """
        data = self._registers
        self._i2c.readfrom_mem_into(self._address, _SECONDS, data)
        # Where a chip holds the line meanwhile, the rest reads as zeros without an error on an RP2:
        # only the next transfer fails.
        self._get(_SECONDS)
        if data[_STATUS] & (_STOPPED | _OUTPUT) or data[_CONTROL] & ~_CONVERT != _CONTROL_DEFAULT:
            raise ValueError("clock stopped, or set by other software")
        return seconds(data)

    def set(self, unix: int) -> None:
        """Set the time and clear the oscillator-stop flag; ValueError outside 2000 to 2199."""
        # Writing the seconds restarts the second (data sheet, "Clock and Calendar"); the flag is
        # cleared last, so that a power cut between the two leaves the clock marked as lost.
        self._i2c.writeto_mem(
            self._address, _SECONDS, registers(unix) + _ALARMS + bytes((_CONTROL_DEFAULT,))
        )
        self._put(_STATUS, 0)

    def aging(self) -> int:
        """Return the aging offset, -128..127."""
        offset = self._get(_AGING)
        return offset - 256 if offset > 127 else offset

    def set_aging(self, offset: int) -> None:
        """Set the aging offset, -128..127, and start a conversion so that it acts at once, not up
        to 64 s later."""
        if not -128 <= offset <= 127:
            raise ValueError("aging offset out of range")
        self._put(_AGING, offset & 255)
        if not self._get(_STATUS) & _BUSY:
            self._put(_CONTROL, self._get(_CONTROL) | _CONVERT)

    def temperature(self) -> int:
        """Return the chip's temperature in hundredths of a degree Celsius, in steps of 25."""
        data = self._i2c.readfrom_mem(self._address, _TEMPERATURE, 2)
        degrees = data[0] - 256 if data[0] > 127 else data[0]
        return degrees * 100 + (data[1] >> 6) * 25
