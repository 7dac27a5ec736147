"""machine.SPI as on the rp2 port: the records of a bus, mode 0 to 3, highest bit first."""
# ruff: noqa: D101, D102, D107, PLR0913, PLR2004 - MicroPython's own names and ways

import channel
import records
from ustruct import pack


class SPI:
    MSB, LSB = 1, 0

    def __init__(
        self,
        id,
        baudrate=1_000_000,
        *,
        polarity=0,
        phase=0,
        bits=8,
        firstbit=1,
        sck,
        mosi,
        miso=None,
    ):
        self._head, self._pins = (
            bytes((id,)),
            (getattr(sck, "_id", sck), getattr(mosi, "_id", mosi)),
        )
        self.init(baudrate, polarity=polarity, phase=phase, bits=bits, firstbit=firstbit)

    def init(self, baudrate=1_000_000, *, polarity=0, phase=0, bits=8, firstbit=1):
        if firstbit == self.LSB or bits != 8:
            raise NotImplementedError("LSB" if firstbit == self.LSB else "bits")
        self._rate = baudrate
        channel.call(
            records.SPI_INIT,
            pack("<BBBBI", *self._head, *self._pins, polarity << 1 | phase, baudrate),
        )

    def deinit(self):
        pass

    def write(self, data):
        size = len(data)
        channel.send(records.SPI_WRITE, self._head, size * 8_000_000 // self._rate, data, size)
