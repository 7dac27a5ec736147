"""A vibration motor on a transistor, whose gate a resistor pulls down. Times in microseconds.

The motor is a coin with an eccentric mass (Precision Microdrives 310-103, data sheet): its
vibration rises to 90 % in 100 ms and has died down 90 ms after the current ends, here as first
orders.
"""

from array import array
from math import exp
from typing import Any

from emulator.chips.switched import Switched

RISE_US = 43_000  # time constants: 90 % after 2.3 of them
FALL_US = 39_000
RATE = 1000  # samples of the waveform a second
_STEP_US = 1_000_000 // RATE


class Vibration(Switched):
    """The motor: `spans` are the times of its current."""

    def __init__(self, part: dict[str, Any], board: Any) -> None:
        """On `part["pin"]`."""
        super().__init__(part["pin"], board)
        self._pin = part["pin"]
        board.pins.drive(self._pin, 0)

    def remove(self) -> None:
        """Take motor and transistor off the board: nothing is connected."""
        self._board.pins.drive(self._pin, None)
        self._board.pins.watch(self._pin, lambda level: None)

    def waveform(self, start: int, end: int) -> "array[float]":
        """Give the strength of the vibration from `start` to `end`, 0 to 1, RATE a second."""
        samples = array("f")
        strength = 0.0
        spans = [(on, self._clock.now if off is None else off) for on, off in self.spans]
        spans = [(on, off) for on, off in spans if off > start - 10 * FALL_US and on < end]
        at = min([start, *(on for on, _ in spans)])
        for on, off in [*spans, (end, end)]:
            for target, until in ((0.0, on), (1.0, off)):
                constant = RISE_US if target else FALL_US
                while at + _STEP_US <= min(until, end):
                    if at >= start:
                        samples.append(strength)
                    strength = target + (strength - target) * exp(-_STEP_US / constant)
                    at += _STEP_US
        return samples


CHIP = Vibration
