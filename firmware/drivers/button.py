"""One push-button to ground, debounced. Times are milliseconds of time.ticks_ms().

A level counts once the contact has kept it for the debounce time. The interrupt handler times the
edges, so a press is not lost while the program is busy; `read()` hands them out. select.poll()
wakes on an edge: the button is a stream for it, the idiom of asyncio.ThreadSafeFlag in
MicroPython's standard library. An interrupt is lost when eight others wait (py/scheduler.c), so
polling and reading look at the level too.
"""

import io
import time
from array import array

from machine import Pin
from micropython import const

_STREAM_POLL = const(3)  # MP_STREAM_POLL in py/stream.h
_QUEUE = const(16)
_CHATTER_MS = const(
    200
)  # a contact that is not at rest by then is worn; its level is taken as it is


def from_board(part: dict, bus: object, product: dict) -> "Button":
    """Return the button that the board data describes."""
    return Button(part["pin"], product["debounce_ms"])


def _ring() -> array:
    return array("i", bytes(4 * _QUEUE))


class Button(io.IOBase):
    """The button. `down` is its level after all that `read()` has returned.

    The queue holds spells of unrest: edges closer together than the debounce time are one spell,
    with the time of its first and last edge and the level after it. The handler alone appends and
    extends, `read()` alone takes, and takes a spell only when the next edge must start a new one;
    so neither needs a lock.
    """

    def __init__(self, pin_number: int, debounce_ms: int, active: int = 0):
        """Start to listen. `down` is what the contact says now, `active` the level that means
        it."""
        self._debounce = debounce_ms
        self._active = active
        self._first = _ring()
        self._last = _ring()
        self._level = bytearray(_QUEUE)
        self._written = 0
        self._taken = 0
        self.on_press: object = (
            None  # or a function to call at the first touch; may be called for a spike too
        )
        self.down = False
        pin = Pin(pin_number, Pin.IN, Pin.PULL_UP)
        pin.irq(self._edge, Pin.IRQ_FALLING | Pin.IRQ_RISING)
        self.down = (
            pin.value() == active
        )  # after the handler is in place, so that no edge falls between the two
        self.pin = pin

    def _edge(self, pin: Pin) -> None:
        """Interrupt handler. Allocates nothing."""
        now = time.ticks_ms()
        waiting = self._written - self._taken
        slot = (self._written - 1) % _QUEUE
        fresh = waiting == 0 or (
            waiting < _QUEUE and time.ticks_diff(now, self._last[slot]) >= self._debounce
        )
        if fresh:
            slot = self._written % _QUEUE
            self._first[slot] = now
        self._last[slot] = now
        self._level[slot] = pin.value() == self._active
        if fresh:
            self._written += 1
        if self._level[slot] and not self.down and callable(self.on_press):
            self.on_press()

    def ioctl(self, request: int, flags: int) -> int:
        """Answer select.poll(): readable from the first edge until `read()` has returned None."""
        if request == _STREAM_POLL:
            return flags if self._written != self._taken or self._moved_unheard() else 0
        return -1

    def _moved_unheard(self) -> bool:
        """Return True when the level is another than was read, and no interrupt has told."""
        level = self.pin.value() == self._active
        return (
            level != self.down and self._written == self._taken
        )  # in this order: the interrupt may come between

    def read(self) -> tuple | None:
        """Return the next change as (down, ticks of its first edge), or None. Waits for a moving
        contact to rest."""
        while self._taken != self._written:
            slot = self._taken % _QUEUE
            at = self._first[slot]
            while True:
                now = time.ticks_ms()
                if (
                    time.ticks_diff(now, self._last[slot]) >= self._debounce
                    or time.ticks_diff(now, at) >= _CHATTER_MS
                ):
                    break
                time.sleep_ms(1)
            down = self._level[slot] == 1
            self._taken += 1
            if down != self.down:
                self.down = down
                return down, at
        at = time.ticks_ms()
        while self._moved_unheard():
            if time.ticks_diff(time.ticks_ms(), at) >= self._debounce:
                self.down = not self.down
                return self.down, at
            time.sleep_ms(1)
        return None
