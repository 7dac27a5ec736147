"""Sound out over I2S, 16 bits, mono, sent ahead of time in pieces. Times are milliseconds of
time.ticks_ms().

Nothing here is called back. What fills a piece reads the voice from flash, and MicroPython runs
callbacks also in the middle of a file operation (mp_event_handle_nowait in ports/rp2/rp2_flash.c),
where a second one would find littlefs half way; besides, a callback is lost when eight others wait
(py/scheduler.c), and with it all sound that should follow. So the program comes by every `feed_ms`,
and fills and sends pieces while there is `room()`. In between machine.I2S plays on from its ring
buffer, `ring_ms` long in the board data: nothing may keep the program for longer than ring_ms -
feed_ms.
"""

import select
import time
from array import array

from machine import I2S, Pin
from micropython import const

if False:
    from firmware.interfaces import Samples  # type: ignore[unreachable]

_PIECE_MS = const(50)
_DMA_MS = const(
    4
)  # of silence in the two DMA buffers in front of the ring (ports/rp2/machine_i2s.c, at 16 kHz)


def from_board(part: dict, bus: dict, product: dict) -> "I2s":
    """Return the output that the board data describes."""
    return I2s(bus, product["sample_rate"])


class I2s:
    """The output. Its clocks always run; without pieces it plays silence.

    Positions are samples since the first piece after stop(), silence between late pieces counted.
    """

    def __init__(self, bus: dict, rate: int):
        """Take the board's data about the bus, and samples a second, a whole number a
        millisecond."""
        ring_ms = bus["ring_ms"]
        self.rate = rate
        self.feed_ms = ring_ms * 2 // 5
        self.piece = array(
            "h", bytes(2 * _PIECE_MS * (rate // 1000))
        )  # to be filled whole, and then sent
        self._ring = ring_ms * (rate // 1000)
        self._settings = {
            "sck": Pin(bus["sck"]),
            "ws": Pin(bus["ws"]),
            "sd": Pin(bus["sd"]),
            "mode": I2S.TX,
            "bits": 16,
            "format": I2S.MONO,
            "rate": rate,
            "ibuf": 2 * self._ring + 1,  # its ring keeps a byte free; samples should fit in whole
        }
        # Open from the start, for the ring is one large piece of memory: init() frees it and takes
        # it again at once.
        self.port = I2S(bus["id"], **self._settings)
        self._asking = select.poll()
        self._asking.register(self.port, select.POLLOUT)
        self._began = time.ticks_ms()  # when the first piece was sent
        self._sent = 0  # position behind the last piece; 0: none yet
        self._rest: memoryview | None = (
            None  # of the last piece, where the port did not take it whole
        )
        self.muted = False

    def room(self) -> bool:
        """Return True when a piece may be filled and sent."""
        return not self.muted and self._flushed()

    def send(self) -> None:
        """Send the piece on its way behind what is there. Only when there is room.

        Allocates nothing unless the ring cannot take all of it, and then as much as a memoryview
        needs.
        """
        if self._sent:
            self._sent = self.position()
        else:
            self._began = time.ticks_ms()
            self._asking.poll(
                0
            )  # from here on, until init(), write() takes what there is room for and never waits
        self._sent += len(self.piece)
        self._write(self.piece)

    def position(self) -> int:
        """Return the position at which the next piece will begin."""
        return max(self._sent, self._elapsed())

    def heard(self) -> int:
        """Return the position that is being heard."""
        return self._elapsed() - _DMA_MS * (self.rate // 1000)

    def over(self) -> bool:
        """Return True when all has been heard, also by a port that lets its whole ring go round
        first (ESP32)."""
        return (self.muted or self._flushed()) and self._elapsed() >= self._sent + self._ring

    def mute(self) -> None:
        """Be silent at once, and until stop() take nothing more. May be called from an interrupt
        handler."""
        if self._sent:
            self.muted = True
            self.port.init(**self._settings)

    def stop(self) -> None:
        """Be silent at once. Harmless when nothing plays."""
        if self._sent:
            self.port.init(**self._settings)
        self._sent = 0
        self._rest = None
        self.muted = False

    def _flushed(self) -> bool:
        """Write what was left of the last piece; return True when nothing of it is left any
        more."""
        if self._rest is not None:
            self._write(self._rest)
        return self._rest is None

    def _write(self, samples: "Samples | memoryview") -> None:
        taken = self.port.write(samples) // 2
        self._rest = None if taken == len(samples) else memoryview(samples)[taken:]

    def _elapsed(self) -> int:
        """Return the samples that have gone by since the first piece."""
        return (
            time.ticks_diff(time.ticks_ms(), self._began) * (self.rate // 1000) if self._sent else 0
        )
