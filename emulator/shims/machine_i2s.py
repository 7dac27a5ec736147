"""machine.I2S as on the rp2 port, transmitter only, in its three modes: write() waits until all has
been taken, or there is a callback then (irq), or it takes what there is room for at once (from the
first poll() on: "asyncio").

A buffer is read when write() is called, while a board that calls back reads it little by little
until then.
"""
# ruff: noqa: D101, D102, D107, PLR0913, PLR2004 - MicroPython's own names and ways

import channel
import records
from ustruct import pack, pack_into, unpack, unpack_from

_PIECE = 32768  # bytes in a record
_DMA = 128  # bytes of a DMA buffer
_CALL = 2  # microseconds that write() and poll() take


class I2S:
    RX, TX = 0, 1
    MONO, STEREO = 0, 1
    hard = False  # its callback is a soft interrupt
    timed = True  # for select: there comes to be room without an event

    def __init__(self, id, *, sck, ws, sd, mck=None, mode, bits, format, rate, ibuf):
        self._id, self._head = id, bytes((id,))
        self.init(
            sck=sck,
            ws=ws,
            sd=sd,
            mck=mck,
            mode=mode,
            bits=bits,
            format=format,
            rate=rate,
            ibuf=ibuf,
        )

    def init(self, *, sck, ws, sd, mck=None, mode, bits, format, rate, ibuf):
        clock, word, data = (getattr(pin, "_id", pin) for pin in (sck, ws, sd))
        if word != clock + 1:
            raise ValueError("invalid ws (must be sck+1)")
        if mode == self.RX:
            raise NotImplementedError("RX")
        if bits not in (16, 32):
            raise ValueError("invalid bits")
        if ibuf <= 0:
            raise ValueError("invalid ibuf")
        self._handler, self._taken, self._waits, self._asked = None, True, True, False
        self._filled = 0  # bytes in the ring, None: the host knows
        # taken from the ring at an interrupt: mono samples go out twice
        self._dma = _DMA * (format + 1) // 2
        if getattr(self, "_ring_size", 0) != ibuf:
            self._ring_size, self._storage = ibuf, None
            self._storage = bytearray(ibuf)  # which on a board lies in the same heap
        channel.sources[records.I2S_EVENT + self._id] = self
        head = (self._id, clock, word, data, bits // 8, format + 1, rate, ibuf)
        reply = channel.call(records.I2S_INIT, pack("<BBBBBBII", *head), handlers=False)
        # between interrupts: span / second, microseconds
        self._second, self._span = unpack("<I", reply)[0], _DMA * 8 // (2 * bits) * 1_000_000
        self._began, self._runs = channel.now(), True
        channel.run_pending()

    def deinit(self):
        self._runs = False
        channel.call(records.I2S_DEINIT, self._head)

    def irq(self, handler):
        self._handler, self._waits, self._asked = handler, True, False

    def ioctl(self, request, flags):
        if request != 3:
            return -1
        self._handler, self._waits = None, False
        channel.spend(_CALL)
        room = self._room()
        channel.run_pending()
        return flags if room >= 2 else 0

    def _room(self):
        """Bytes that the ring takes: what its interrupts (emulator/mcu/i2s.py) have left in it is
        known here too."""
        if not self._runs:
            return 0
        if not self._asked:
            self._asked = True
            if self._filled is None:
                reply = channel.call(records.I2S_FILLED, self._head, handlers=False)
                self._filled = unpack("<I", reply)[0]
            self._interrupts = self._due()
        due = self._due() - self._interrupts
        if due > 0:
            self._interrupts += due
            if self._filled >= _DMA:
                whole = (self._filled - _DMA) // self._dma + 1
                self._filled -= self._dma * (due if due < whole else whole)
        return max(0, self._ring_size - 1 - self._filled)

    def _due(self):
        """The number of interrupts that have come."""
        return ((channel.now() - self._began + 1) * self._second - 1) // self._span

    def _put(self, buffer):
        channel.spend(_CALL)
        count = min(len(buffer) * len(bytes(memoryview(buffer)[:1])), self._room(), _PIECE)
        if count:
            self._filled += count
            channel.send(records.I2S_PUT, self._head, 0, buffer, count)
        channel.run_pending()
        return count

    def write(self, buffer):
        return self._give(buffer) if self._waits else self._put(buffer)

    def _give(self, buffer):
        data = bytes(buffer)  # of an array too
        self._taken, self._filled = False, None
        for start in range(0, len(data), _PIECE):
            channel.post(
                records.I2S_WRITE, bytes((self._id, start == 0)) + data[start : start + _PIECE]
            )
        while self._handler is None and not self._taken:
            channel.idle(None, 0)
        return len(data)

    def ring(self, flags):
        self._taken = True
        if self._handler:
            self._handler(self)

    @staticmethod
    def shift(*, buf, bits, shift):
        size, code = bits // 8, {8: "b", 16: "<h", 32: "<i"}[bits]
        for at in range(0, len(bytes(buf)), size):
            sample = unpack_from(code, buf, at)[0]
            # As in C, what is shifted out on the left is lost.
            pack_into(code, buf, at, sample << shift if shift >= 0 else sample >> -shift)
