"""The I2S transmitter of the MCU, as MicroPython's rp2 port runs it.

Source: ports/rp2/machine_i2s.c and extmod/machine_i2s.c. Two DMA buffers of 128 bytes feed the
wires in turn, in stereo: mono samples go out twice. Each time one is through, an interrupt first
moves up to 512 bytes from the program's buffer to the ring buffer (all of them or none), and then
fills the DMA buffer from the ring buffer; with less than 128 bytes there it sends silence. In its
third mode the program puts what there is room for into the ring buffer itself.
"""

from __future__ import annotations  # array[int] is for type checkers before Python 3.12

from array import array
from collections.abc import Callable
from typing import Protocol

from emulator.clock import Alarm, SimulationClock

DMA_BYTES = 128
COPY_BYTES = 512
_US = 1_000_000
_SHORT = 2  # bytes of a 16-bit sample


class Sink(Protocol):
    """The chip on the bus."""

    def attach(self, catch_up: Callable[[], None]) -> None:
        """The clocks run; `catch_up()` delivers all samples that are due by now."""

    def begin(self, rate: int, time: int) -> None:
        """Sound begins at `time` (microseconds)."""

    def hear(self, samples: array[int]) -> None:
        """Take the next samples of the left channel, 16 bits, before they are on the wires."""

    def end(self, time: int) -> None:
        """The clocks stop at `time`, or silence begins."""


class I2sOut:
    """One transmitter. `on_taken()` is called when the program's whole buffer is in the ring.

    Interrupts are computed when the state is asked for; only the one that calls the program has an
    alarm.
    """

    def __init__(self, clock: SimulationClock, on_taken: Callable[[], None]) -> None:
        """Start stopped."""
        self._clock, self._on_taken = clock, on_taken
        self._running = False
        self._sounding = False  # whether the sink gets samples; lasting silence is not sent
        self._alarm: Alarm | None = None
        self._sink: Sink | None = None

    def start(self, sink: Sink | None, width: int, channels: int, rate: int, ring: int) -> None:
        """Start the clocks; `width` is bytes per sample, `ring` the ring buffer's size in bytes."""
        self.stop()
        self._sink, self._width, self._channels, self._rate = sink, width, channels, rate
        self._space = ring - 1  # its ring keeps a byte free to tell full from empty
        self._ring = bytearray()
        self._waiting = bytearray()
        self._frames = DMA_BYTES // (2 * width)
        # from the ring at an interrupt: mono samples go out twice
        self._taken = DMA_BYTES * channels // 2
        self._began, self._interrupts = self._clock.now, 0
        self._running = True
        if sink is not None:
            sink.attach(self._catch_up)

    def put(self, data: bytes) -> int:
        """Put what there is room for into the ring; give how many bytes that is."""
        if not self._running:
            return 0
        self._catch_up()
        count = min(len(data), self._space - len(self._ring))
        self._ring += data[:count]
        return count

    def filled(self) -> int:
        """Give how many bytes are in the ring or wait to be moved there."""
        self._catch_up()
        return len(self._ring) + len(self._waiting)

    def write(self, data: bytes, fresh: bool) -> None:
        """Take the program's buffer, or more of it; a `fresh` one replaces the rest of the last."""
        if not self._running:
            return
        self._catch_up()
        if fresh:
            self._waiting.clear()
        self._waiting += data
        self._set_alarm()

    def stop(self) -> None:
        """Stop the clocks at once; the buffers' content is lost."""
        if self._running:
            self._catch_up()
            self._running = False
            if self._alarm is not None:
                self._alarm.cancel()
            self._quieten()

    def _due(self, number: int) -> int:
        """Give the time of an interrupt; the first one has the number 1."""
        return self._began + number * self._frames * _US // self._rate

    def _last(self) -> int:
        """Give the number of the last interrupt that has come."""
        return ((self._clock.now - self._began + 1) * self._rate - 1) // (self._frames * _US)

    def _catch_up(self) -> None:
        while self._running and (due := self._last() - self._interrupts) > 0:
            if self._waiting:
                self._move()
                self._play(1)
            elif len(self._ring) >= DMA_BYTES:
                self._play(min(due, (len(self._ring) - DMA_BYTES) // self._taken + 1))
            elif due >= 2:  # noqa: PLR2004
                # Nothing but silence from here on, once the two DMA buffers are through.
                self._quieten()
                self._interrupts += due
            else:
                self._play(1)

    def _set_alarm(self) -> None:
        """Set the alarm for the time at which the buffer's last byte is moved."""
        if self._alarm is not None:
            self._alarm.cancel()
        if not self._rate:
            return  # the clocks are stopped: the program waits without end
        waiting, ring, number = len(self._waiting), len(self._ring), self._interrupts
        while waiting:
            number += 1
            count = min(COPY_BYTES, waiting)
            if self._space - ring >= count:
                waiting -= count
                ring += count
            elif ring < DMA_BYTES:
                return  # the ring is too small for it: the program waits without end, as on a board
            if ring >= DMA_BYTES:
                ring -= self._taken
        self._alarm = self._clock.at(self._due(number), self._catch_up)

    def _quieten(self) -> None:
        if self._sounding and self._sink is not None:
            self._sink.end(self._clock.now)
        self._sounding = False

    def _move(self) -> None:
        """Move some of the program's buffer to the ring."""
        count = min(COPY_BYTES, len(self._waiting))
        if self._space - len(self._ring) >= count:
            self._ring += self._waiting[:count]
            del self._waiting[:count]
            if not self._waiting:
                self._on_taken()

    def _play(self, interrupts: int) -> None:
        """Fill DMA buffers `interrupts` times; each is sent after the one that is being sent."""
        data = bytes(self._taken)
        if len(self._ring) >= DMA_BYTES:
            data = bytes(self._ring[: interrupts * self._taken])
            del self._ring[: interrupts * self._taken]
        if not self._sounding and any(data):
            self._sounding = True
            silent = next(n for n, byte in enumerate(data) if byte) // self._taken
            data = data[silent * self._taken :]
            if self._sink is not None:
                self._sink.begin(self._rate, self._due(self._interrupts + silent + 2))
        self._interrupts += interrupts
        if self._sounding and self._sink is not None:
            samples = array("h" if self._width == _SHORT else "i", data)[:: self._channels]
            self._sink.hear(
                samples
                if self._width == _SHORT
                else array("h", (sample >> 16 for sample in samples))
            )
