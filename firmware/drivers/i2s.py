"""Sound output over I2S, 16 bits, mono, sent ahead of time in pieces. Times are milliseconds of
time.ticks_ms().

Nothing here is a callback. Filling a piece reads the voice pack from flash, and MicroPython also
runs callbacks during a file operation (mp_event_handle_nowait in ports/rp2/rp2_flash.c), when
littlefs is in an inconsistent state; besides, a callback is dropped when eight others are pending
(py/scheduler.c), which would end the sound. So the program's loop fills and sends pieces every
`feed_ms` while there is `room()`. In between machine.I2S plays from its ring buffer, which lasts
`ring_ms` (board data): nothing may keep the program busy for longer than ring_ms - feed_ms.
"""

import select
import time
from array import array

from machine import I2S, Pin
from micropython import const

if False:
    from firmware.interfaces import Samples  # type: ignore[unreachable]

_PIECE_MS = const(50)
# Silence in the two DMA buffers that samples pass after the ring, at 16 kHz
# (ports/rp2/machine_i2s.c).
_DMA_MS = const(4)


def from_board(part: dict, bus: dict, product: dict) -> "I2s":
    """Return the output that the board data describes."""
    return I2s(bus, product["sample_rate"])


class I2s:
    """An I2S output. Its clocks always run; without pieces it plays silence.

    Positions are samples since the first piece after stop(), silence between late pieces included.
    """

    def __init__(self, bus: dict, rate: int):
        """Take the bus's board data, and the rate in samples a second, a multiple of 1000."""
        ring_ms = bus["ring_ms"]
        self.rate = rate
        self.feed_ms = ring_ms * 2 // 5
        # The caller fills all of it before each send().
        self.piece = array("h", bytes(2 * _PIECE_MS * (rate // 1000)))
        self._ring = ring_ms * (rate // 1000)
        self._settings = {
            "sck": Pin(bus["sck"]),
            "ws": Pin(bus["ws"]),
            "sd": Pin(bus["sd"]),
            "mode": I2S.TX,
            "bits": 16,
            "format": I2S.MONO,
            "rate": rate,
            "ibuf": 2 * self._ring + 1,  # bytes; the port's ring keeps one byte free
        }
        # Opened at start-up, as the ring is one large block of memory; init() frees it and takes
        # it again at once.
        self.port = I2S(bus["id"], **self._settings)
        self._asking = select.poll()
        self._asking.register(self.port, select.POLLOUT)
        self._began = time.ticks_ms()  # when the first piece was sent
        self._sent = 0  # position behind the last piece; 0: none yet
        # What the port has not taken of the last piece.
        self._rest: memoryview | None = None
        self.muted = False

    def room(self) -> bool:
        """Return True when a piece may be filled and sent."""
        return not self.muted and self._flushed()

    def send(self) -> None:
        """Queue the filled piece behind those already sent; only when there is room().

        Allocates nothing, except a memoryview when the ring cannot take the whole piece.
        """
        if self._sent:
            self._sent = self.position()
        else:
            self._began = time.ticks_ms()
            # from here on, until init(), write() takes what there is room for and never waits
            self._asking.poll(0)
        self._sent += len(self.piece)
        self._write(self.piece)

    def position(self) -> int:
        """Return the position at which the next piece will begin."""
        return max(self._sent, self._elapsed())

    def heard(self) -> int:
        """Return the position that is being played."""
        return self._elapsed() - _DMA_MS * (self.rate // 1000)

    def over(self) -> bool:
        """Return True when all samples have been played, also on a port that sends its whole ring
        first (ESP32)."""
        return (self.muted or self._flushed()) and self._elapsed() >= self._sent + self._ring

    def mute(self) -> None:
        """Silence the output at once and take no more until stop().

        May be called from an interrupt handler.
        """
        if self._sent:
            self.muted = True
            self.port.init(**self._settings)

    def stop(self) -> None:
        """Silence the output at once; no effect when nothing plays."""
        if self._sent:
            self.port.init(**self._settings)
        self._sent = 0
        self._rest = None
        self.muted = False

    def _flushed(self) -> bool:
        """Write what is left of the last piece; return True when all of it is written."""
        if self._rest is not None:
            self._write(self._rest)
        return self._rest is None

    def _write(self, samples: "Samples | memoryview") -> None:
        taken = self.port.write(samples) // 2
        self._rest = None if taken == len(samples) else memoryview(samples)[taken:]

    def _elapsed(self) -> int:
        """Return the samples played since the first piece began."""
        return (
            time.ticks_diff(time.ticks_ms(), self._began) * (self.rate // 1000) if self._sent else 0
        )
