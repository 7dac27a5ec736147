"""Sound out over I2S, 16 bits, mono. Nothing here waits: machine.I2S calls back whenever it has taken a buffer over.

`play(fill)` calls `fill(buffer)` for every buffer, from MicroPython's soft interrupts, and so even while the program is
busy drawing. `fill` puts samples into the buffer, an array("h"), must not allocate, and returns how many; when
they are fewer than the buffer holds, they are the last. select.poll() wakes when these have been heard: the output is a
stream for it.
"""

import io
from array import array

from machine import I2S, Pin
from micropython import const

_STREAM_POLL = const(3)  # MP_STREAM_POLL in py/stream.h
_BUFFER_MS = const(20)
_AHEAD = const(2)  # buffers that machine.I2S keeps for itself, so that `fill` may come late by nearly as long
_TAIL = const(3)  # silent buffers after which the last sample has left machine.I2S: one more than it keeps


def from_board(part: dict, bus: dict, product: dict):
    """Return the output that the board data describes."""
    return I2s(bus, product["sample_rate"])


class I2s(io.IOBase):
    """The output. It drives its pins only while it plays."""

    def __init__(self, bus: dict, rate: int):
        """Take the board's data about the bus, and samples a second."""
        self._bus = bus
        self.rate = rate
        self.shift = 0  # volume: 0 is loudest, each step below halves the amplitude (6 dB)
        self._buffer = array("h", bytes(2 * rate * _BUFFER_MS // 1000))
        self._playing: _Playing | None = None
        self._ended = False

    @property
    def playing(self) -> bool:
        """Whether there is sound under way."""
        return self._playing is not None

    def play(self, fill) -> None:
        """Play what `fill` gives from now on, instead of what is being played."""
        self.stop()
        bus = self._bus
        port = I2S(
            bus["id"],
            sck=Pin(bus["sck"]),
            ws=Pin(bus["ws"]),
            sd=Pin(bus["sd"]),
            mode=I2S.TX,
            bits=16,
            format=I2S.MONO,
            rate=self.rate,
            ibuf=_AHEAD * 2 * len(self._buffer),
        )
        self._playing = _Playing(self, port, self._buffer, fill)
        self._playing.start()

    def stop(self) -> None:
        """Be silent at once. Harmless when nothing plays; not an end that `read()` tells of."""
        if self._playing is not None:
            self._playing.stop()
            self._playing = None
        self._ended = False

    def end(self) -> None:
        """Playing is over by itself: called by what plays."""
        self.stop()
        self._ended = True

    def ioctl(self, request: int, flags: int) -> int:
        """Answer select.poll(): readable when the last sample has been heard."""
        if request == _STREAM_POLL:
            return flags if self._ended else 0
        return -1

    def read(self) -> bool:
        """Return True, once, after the last sample has been heard."""
        ended = self._ended
        self._ended = False
        return ended


class _Playing:
    """One stretch of sound. A callback that comes after it was stopped does nothing."""

    def __init__(self, output: I2s, port, buffer, fill):
        self._output = output
        self._port = port
        self._buffer = buffer
        self._fill = fill
        self._tail = -1  # silent buffers still to send, -1: not there yet
        self._over = False

    def start(self) -> None:
        self._port.irq(self._next)
        self._next(self._port)

    def stop(self) -> None:
        self._over = True
        self._port.deinit()

    def _stopped(self) -> bool:
        return self._over

    def _next(self, port) -> None:
        """Send a buffer: the callback of machine.I2S when it has taken the last one over. Allocates nothing."""
        if self._stopped():
            return
        buffer = self._buffer
        if self._tail == 0:
            self._output.end()
            return
        count = 0
        if self._tail < 0:
            count = self._fill(buffer)
            if self._stopped():  # `fill` may do that
                return
        if count < len(buffer):
            self._tail = _TAIL if self._tail < 0 else self._tail - 1
            for i in range(count, len(buffer)):
                buffer[i] = 0
        if self._output.shift:
            I2S.shift(buf=buffer, bits=16, shift=-self._output.shift)
        port.write(buffer)
