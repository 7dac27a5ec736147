"""Keypad: a matrix of 3 columns and 4 rows without diodes, as in telephones. Times are milliseconds
of time.ticks_ms().

While no key is down every column is low, so any key pulls its row low and causes an interrupt. From
then on a timer scans the keys every few milliseconds until all are up again. A change counts once
it has lasted the debounce time. When three keys are at corners of a rectangle, the fourth corner
reads as down too (ghosting); while that is the case no key is reported as pressed. `read()` returns
changes, and select.poll() wakes for them: the keypad is a stream.

A key that is down already at the start may hang, so it is reported only when it goes up soon.
"""

import io
import time
from array import array

from machine import Pin, Timer
from micropython import const

if False:
    from firmware.interfaces import Ticks  # type: ignore[unreachable]

_STREAM_POLL = const(3)  # MP_STREAM_POLL in py/stream.h
_QUEUE = const(16)
_SCAN_MS = const(5)
_EARLY_MS = const(3000)
_KEYS = "147*2580369#"  # column by column


def from_board(part: dict, bus: object, product: dict) -> "Keypad":
    """Return the keypad that the board data describes."""
    return Keypad(part["rows"], part["columns"], part["timer"], product["debounce_ms"])


def _ring() -> array:
    return array("i", bytes(4 * _QUEUE))


class Keypad(io.IOBase):
    """A keypad of "0" to "9", "*" and "#". Interrupt handler and timer allocate nothing."""

    def __init__(self, rows: tuple, columns: tuple, timer: int, debounce_ms: int):
        """Start to listen on the pin numbers `rows` and `columns`; `timer` is an id of
        machine.Timer."""
        self.on_press: object = None  # None, or a function called at a press by the timer
        self._debounce = debounce_ms
        self._code = bytearray(_QUEUE)  # key number, with bit 7 when it went down
        self._at = _ring()
        self._written = 0
        self._taken = 0
        self._seen = 0  # bit n: key n was down in the last scan
        self._seen_at = time.ticks_ms()  # time of the last change of `_seen`
        self._down = 0  # the same, debounced
        self.pressed = 0  # the same, of the keys that were ever down
        self._scanning = False
        self._look = self._scan  # a bound method is a heap object: made once
        self._timer = Timer(timer)
        self.columns = [Pin(number, Pin.OPEN_DRAIN, value=0) for number in columns]
        self.rows = [Pin(number, Pin.IN, Pin.PULL_UP) for number in rows]
        for row in self.rows:
            row.irq(self._edge, Pin.IRQ_FALLING)
        self._scanning = True  # so that edges start no scan
        self._seen = self._down = self._early = self._read_lines()
        self._began = time.ticks_ms()
        self._wait_or_scan()

    def _edge(self, pin: Pin) -> None:
        """Start scanning. Interrupt handler: a key went down, or the scan itself moved a row."""
        if not self._scanning:
            self._start()

    def _start(self) -> None:
        self._scanning = True
        self._timer.init(mode=Timer.PERIODIC, period=_SCAN_MS, callback=self._look)
        self._scan(self._timer)

    def pause(self) -> None:
        """Report nothing until resume(), while the self-test uses the lines."""
        self._timer.deinit()
        self._scanning = True  # so that edges start no scan

    def resume(self) -> None:
        """Set the lines up again. A key that went down meanwhile is not reported as pressed."""
        for row in self.rows:
            row.init(Pin.IN, Pin.PULL_UP)
        for column in self.columns:
            column.init(Pin.OPEN_DRAIN, value=1)
        seen = self._read_lines()
        self._seen = self._down = seen
        self._wait_or_scan()

    def _wait_or_scan(self) -> None:
        """Wait for the interrupt of any key, or scan at once when one is down already."""
        for column in self.columns:
            column.value(0)
        self._scanning = False
        for row in self.rows:
            if row.value() == 0 and not self._scanning:
                self._start()

    def _scan(self, timer: Timer) -> None:
        """Read all keys. Callback of the timer."""
        if not self._scanning:  # left over from before the timer was stopped
            return
        seen = self._read_lines()
        now = time.ticks_ms()
        if seen != self._seen:
            self._seen = seen
            self._seen_at = now
        elif time.ticks_diff(now, self._seen_at) >= self._debounce:
            self._accept(self._down & seen if _ghosted(seen) else seen)
        if not seen and not self._down:
            self._timer.deinit()
            self._wait_or_scan()

    def _read_lines(self) -> int:
        """Drive one column low after another; return a number whose bit n is set when key n is
        down."""
        seen = 0
        key = 1
        for column in self.columns:
            column.value(1)
        for column in self.columns:
            column.value(0)
            for row in self.rows:
                if row.value() == 0:
                    seen |= key
                key <<= 1
            column.value(1)
        return seen

    def _accept(self, down: int) -> None:
        """Queue the changes. Those for which the queue is full are found again by the next scan."""
        changed = down ^ self._down
        key = 0
        while changed and self._written - self._taken < _QUEUE - 1:
            if changed & 1:
                bit = 1 << key
                pressed = down & bit != 0
                if not self._early & bit:
                    self._put(key, pressed, self._seen_at)
                elif time.ticks_diff(self._seen_at, self._began) < _EARLY_MS:
                    self._put(key, True, self._began)
                    self._put(key, False, self._seen_at)
                self._early &= ~bit
                self._down ^= bit
                if pressed and callable(self.on_press):
                    self.on_press()
            changed >>= 1
            key += 1

    def _put(self, key: int, pressed: bool, at: "Ticks") -> None:
        """Queue a change."""
        slot = self._written % _QUEUE
        self._code[slot] = key | (0x80 if pressed else 0)
        self._at[slot] = at
        self._written += 1
        if pressed:
            self.pressed |= 1 << key

    def ioctl(self, request: int, flags: int) -> int:
        """Answer select.poll(): readable while there are changes."""
        if request == _STREAM_POLL:
            self._hear_again()
            return flags if self._written != self._taken else 0
        return -1

    def _hear_again(self) -> None:
        """Start scanning when a key is down and its interrupt was dropped (it is when eight are
        pending)."""
        for row in self.rows:
            if not self._scanning and row.value() == 0:
                # Only start the timer: interrupts may come in between, so the scan is left to it.
                self._scanning = True
                self._timer.init(mode=Timer.PERIODIC, period=_SCAN_MS, callback=self._look)

    def read(self) -> tuple | None:
        """Return the next change as (key, down, ticks at which it was first seen), or None."""
        if self._taken == self._written:
            return None
        slot = self._taken % _QUEUE
        code = self._code[slot]
        change = _KEYS[code & 0x7F], code >= 0x80, self._at[slot]
        self._taken += 1
        return change


def _ghosted(seen: int) -> bool:
    """Return True when two columns have two rows in common."""
    first, second, third = seen & 15, seen >> 4 & 15, seen >> 8
    return _two(first & second) or _two(first & third) or _two(second & third)


def _two(rows: int) -> bool:
    return rows & rows - 1 != 0
