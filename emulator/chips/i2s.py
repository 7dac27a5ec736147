"""A recorder on the I2S bus: every sample with the virtual time at which it was sent, in
microseconds."""

from __future__ import annotations  # array[int] is for type checkers before Python 3.12

from array import array
from collections.abc import Callable
from typing import Any, NamedTuple

KEPT_S = 600  # seconds of sound that are kept at least
_US = 1_000_000


class Stretch(NamedTuple):
    """Sound without longer silence: sample n was sent at `began` + n / `rate`."""

    began: int
    rate: int
    samples: array[int]


class I2s:
    """Records the bus."""

    def __init__(self, part: dict[str, Any], board: Any) -> None:
        """On the bus that the board file names."""
        self.stretches: list[Stretch] = []
        # Speed of the bus's clocks, from their next start on, against what the firmware asks for.
        # 0: they stand still.
        self.clock_speed = 1.0
        self._catch_up: Callable[[], None] = lambda: None

    def attach(self, catch_up: Callable[[], None]) -> None:
        """As Sink.attach."""
        self._catch_up = catch_up

    def begin(self, rate: int, time: int) -> None:
        """As Sink.begin; `time` may be a little later than now."""
        kept = sum(len(stretch.samples) / stretch.rate for stretch in self.stretches)
        while self.stretches:
            oldest = len(self.stretches[0].samples) / self.stretches[0].rate
            if kept - oldest < KEPT_S:
                break
            del self.stretches[0]
            kept -= oldest
        self.stretches.append(Stretch(time, rate, array("h")))

    def hear(self, samples: array[int]) -> None:
        """As Sink.hear."""
        self.stretches[-1].samples.extend(samples)

    def end(self, time: int) -> None:
        """As Sink.end; samples that are due after `time` are dropped."""
        last = self.stretches[-1]
        del last.samples[max(0, time - last.began) * last.rate // _US :]

    def since(self, start: int) -> list[Stretch]:
        """Give what sounded after `start`, with what began before it and went on."""
        self._catch_up()
        return [
            stretch
            for stretch in self.stretches
            if stretch.began + len(stretch.samples) * _US // stretch.rate > start
        ]

    def between(self, start: int, end: int, rate: int) -> array[int]:
        """Give the samples from `start` to `end`, silence where none were sent.

        ValueError when the bus ran at another rate than `rate`.
        """
        self._catch_up()
        found = array("h", bytes(2 * ((end - start) * rate // _US)))
        for began, own_rate, samples in self.stretches:
            if own_rate != rate:
                raise ValueError(f"The bus ran at {own_rate} samples a second, not at {rate}.")
            at = (began - start) * rate // _US  # where its first sample belongs
            first, last = max(0, -at), min(len(samples), len(found) - at)
            if first < last:
                found[at + first : at + last] = samples[first:last]
        return found


CHIP = I2s
