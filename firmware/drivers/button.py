"""One push-button to ground, debounced. Times are milliseconds of time.ticks_ms().

A level counts once the contact has kept it for the debounce time. The interrupt handler records the
times of the edges, so a press is not lost while the program is busy; `read()` returns them. The
button is a stream, so an edge wakes select.poll(), as with asyncio.ThreadSafeFlag in MicroPython's
standard library. MicroPython drops an interrupt when eight others are pending (py/scheduler.c), so
polling and reading check the level too.
"""

import io
import time
from array import array

from machine import Pin
from micropython import const

if False:
    from firmware.interfaces import Any  # type: ignore[unreachable]

_STREAM_POLL = const(3)  # MP_STREAM_POLL in py/stream.h
_QUEUE = const(16)
# A contact that still bounces after this time is worn: its level is taken as it is.
_CHATTER_MS = const(200)


def from_board(part: dict, bus: object, product: dict) -> "Button":
    """Return the button that the board data describes."""
    return Button(part["pin"], product["debounce_ms"])


def _ring() -> array:
    return array("i", bytes(4 * _QUEUE))


class Button(io.IOBase):
    """A debounced push-button. `down` is its level after the changes that `read()` has returned.

    The queue holds bursts of edges: edges closer together than the debounce time form one burst,
    kept as the times of its first and last edge and the level after it. Only the handler appends
    and extends; only `read()` removes, and only a burst that the next edge can no longer extend. So
    neither needs a lock.
    """

    def __init__(
        self,
        pin_number: int,
        debounce_ms: int,
        active: int = 0,
        pull: "Any" = Pin.PULL_UP,
    ):
        """Start to listen. `active` is the pin level that means down; `down` starts as the contact
        is now. `pull` is the pin's resistor, None for none."""
        self._debounce = debounce_ms
        self._active = active
        self._first = _ring()
        self._last = _ring()
        self._level = bytearray(_QUEUE)
        self._written = 0
        self._taken = 0
        # None, or a function called at the first edge of a press, and also for a spike.
        self.on_press: object = None
        self.down = False
        pin = Pin(pin_number, Pin.IN, pull)
        pin.irq(self._edge, Pin.IRQ_FALLING | Pin.IRQ_RISING)
        # After the handler is set, so that no edge falls between the two.
        self.down = pin.value() == active
        self.pin = pin

    def _edge(self, pin: Pin) -> None:
        """Record an edge. Interrupt handler: allocates nothing."""
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
        """Return True when the level differs from the one last read and no edge is queued."""
        level = self.pin.value() == self._active
        # In this order: the interrupt may come between the two comparisons.
        return level != self.down and self._written == self._taken

    def read(self) -> tuple | None:
        """Return the next change as (down, ticks of its first edge), or None. Waits while the
        contact bounces."""
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
