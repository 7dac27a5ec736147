"""machine.Timer as on the rp2 port: software timers, whose callbacks are soft interrupts."""
# ruff: noqa: D101, D102, D107 - MicroPython's own names and ways

import channel
import records
from ustruct import pack

_used = []


class Timer:
    ONE_SHOT, PERIODIC = 0, 1

    def __init__(self, id=-1, **settings):
        if id < -1:
            raise ValueError("Timer doesn't exist")
        self._number = len(_used)
        _used.append(self)
        if settings:
            self.init(**settings)

    def init(self, *, mode=1, freq=None, period=-1, callback=None, hard=False):
        self._callback, self.hard = callback, hard
        micros = int(1_000_000 / freq) if freq else period * 1000
        channel.sources[records.TIMER_EVENT + self._number] = self
        channel.call(records.TIMER, pack("<BBI", self._number, mode, max(1, micros)))

    def deinit(self):
        channel.call(records.TIMER, pack("<BBI", self._number, 0, 0))

    def ring(self, flags):
        if self._callback:
            self._callback(self)

    drop = deinit
