"""The I2S transmitter of the MCU, as MicroPython's rp2 port runs it.

Source: ports/rp2/machine_i2s.c and extmod/machine_i2s.c.
Two DMA buffers of 128 bytes feed the wires in turn, in stereo: mono samples go out twice. Each time one is through, an
interrupt first moves up to 512 bytes from the program's buffer to the ring buffer (all of them or none), and then fills
the DMA buffer from the ring buffer; with less than 128 bytes there it sends silence.
"""

from __future__ import annotations  # array[int] is for type checkers before Python 3.12

from array import array
from collections.abc import Callable
from typing import Protocol

from emulator.clock import Alarm, Clock

DMA_BYTES = 128
COPY_BYTES = 512
_US = 1_000_000
_SHORT = 2  # bytes of a 16-bit sample


class Sink(Protocol):
    """What hangs on the bus."""

    def begin(self, rate: int, time: int) -> None:
        """The clocks run from `time` (microseconds) on."""

    def hear(self, samples: array[int]) -> None:
        """The next samples of the left channel, 16 bits, before they are on the wires."""

    def end(self, time: int) -> None:
        """The clocks stop."""


class I2sOut:
    """One transmitter. `on_taken()` hears that the program's buffer has been moved over whole."""

    def __init__(self, clock: Clock, on_taken: Callable[[], None]) -> None:
        """At rest."""
        self._clock, self._on_taken = clock, on_taken
        self._alarm: Alarm | None = None
        self._sink: Sink | None = None

    def start(self, sink: Sink | None, width: int, channels: int, rate: int, ring: int) -> None:
        """Let the clocks run; `width` in bytes a sample, `ring` the size of the ring buffer in bytes."""
        self.stop()
        self._sink, self._width, self._channels, self._rate = sink, width, channels, rate
        self._space = ring - 1  # its ring keeps a byte free to tell full from empty
        self._ring = bytearray()
        self._waiting: bytearray | None = None
        self._frames = DMA_BYTES // (2 * width)
        self._began, self._sent = self._clock.now, 0
        if sink is not None:
            sink.begin(rate, self._began)
        for _ in range(2):  # both DMA buffers are silent at first
            self._out(bytes(DMA_BYTES))
        self._next_interrupt(1)

    def write(self, data: bytes, fresh: bool) -> None:
        """The program's buffer, or more of it; a `fresh` one replaces what had not been moved of the last."""
        if self._alarm is None:
            return
        if fresh or self._waiting is None:
            self._waiting = bytearray()
        self._waiting += data

    def stop(self) -> None:
        """Stop the clocks at once; what is in the buffers is lost."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
            if self._sink is not None:
                self._sink.end(self._clock.now)

    def _next_interrupt(self, number: int) -> None:
        due = self._began + number * self._frames * _US // self._rate
        self._alarm = self._clock.at(due, lambda: self._interrupt(number))

    def _interrupt(self, number: int) -> None:
        self._next_interrupt(number + 1)
        if self._waiting is not None:
            count = min(COPY_BYTES, len(self._waiting))
            if self._space - len(self._ring) >= count:
                self._ring += self._waiting[:count]
                del self._waiting[:count]
                if not self._waiting:
                    self._waiting = None
                    self._on_taken()
        if len(self._ring) >= DMA_BYTES:
            taken = DMA_BYTES // 2 if self._channels == 1 else DMA_BYTES
            self._out(bytes(self._ring[:taken]))
            del self._ring[:taken]
        else:
            self._out(bytes(DMA_BYTES // 2 if self._channels == 1 else DMA_BYTES))

    def _out(self, data: bytes) -> None:
        if self._sink is not None:
            samples = array("h" if self._width == _SHORT else "i", data)[
                : self._frames * self._channels : self._channels
            ]
            self._sink.hear(samples if self._width == _SHORT else array("h", (sample >> 16 for sample in samples)))
