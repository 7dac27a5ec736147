"""Vibration motor: a pin switches it through a transistor, whose gate a resistor pulls down.

A motor is optional. What its pin shows before it is driven tells whether there is one: with the
microcontroller's pull-up (about 50 kohm) it is low where the gate's resistor (4.7 kohm) is, high
where nothing is connected. Durations are in units of UNIT_MS.
"""

from machine import Pin, Timer
from micropython import const

UNIT_MS = const(20)


def from_board(part: dict, bus: object, product: dict) -> "Vibration | None":
    """Return the motor that the board data describes, None when none is connected."""
    if Pin(part["pin"], Pin.IN, Pin.PULL_UP).value():
        return None
    return Vibration(part["pin"], part["timer"])


class Vibration:
    """A motor that a timer switches. The timer's callback allocates nothing."""

    def __init__(self, pin_number: int, timer: int):
        """Open the pin; the motor stands still. `timer` is an id of machine.Timer."""
        self.pin = Pin(pin_number, Pin.OUT, value=0)
        self._timer_id = timer
        self._timer: Timer | None = None
        self._look = self._step  # a bound method is a heap object: made once
        self._plan = b""
        self._left = 0  # units of the current duration
        self.at = 0  # index of the current duration
        self.busy = False

    def play(self, plan: bytes) -> None:
        """Switch the motor on for plan[0] units, off for plan[1], on again, and so on."""
        self.stop()
        if not plan:
            return
        if self._timer is None:
            self._timer = Timer(self._timer_id)
        self._plan = plan
        self._left = plan[0]
        self.at = 0
        self.busy = True
        self.pin.value(1)
        self._timer.init(mode=Timer.PERIODIC, period=UNIT_MS, callback=self._look)

    def stop(self) -> None:
        """Stop at once."""
        self.pin.value(0)
        if self.busy and self._timer is not None:
            self._timer.deinit()
        self.busy = False

    def _step(self, timer: Timer) -> None:
        """Count down, and switch at the end of a duration. Callback of the timer."""
        if not self.busy:  # left over from before the timer was stopped
            return
        self._left -= 1
        if self._left > 0:
            return
        self.at += 1
        if self.at >= len(self._plan):
            self.stop()
            return
        self._left = self._plan[self.at]
        self.pin.value(~self.at & 1)
