"""machine.I2S as on the rp2 port, transmitter only, in its three modes: write() waits until all has been taken, or
there is a callback then (irq), or it takes what there is room for at once (from the first poll() on: "asyncio").

A buffer is read when write() is called, while a board that calls back reads it little by little until then.
"""
# ruff: noqa: D101, D102, D107, PLR0913, PLR2004 - MicroPython's own names and ways

import channel
import records
from ustruct import pack, pack_into, unpack, unpack_from

_PIECE = 32768  # bytes in a record


class I2S:
    RX, TX = 0, 1
    MONO, STEREO = 0, 1
    hard = False  # its callback is a soft interrupt

    def __init__(self, id, *, sck, ws, sd, mck=None, mode, bits, format, rate, ibuf):
        self._id = id
        self.init(sck=sck, ws=ws, sd=sd, mck=mck, mode=mode, bits=bits, format=format, rate=rate, ibuf=ibuf)

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
        self._handler, self._taken, self._waits = None, True, True
        if getattr(self, "_ring_size", 0) != ibuf:
            self._ring_size, self._storage = ibuf, None
            self._storage = bytearray(ibuf)  # which on a board lies in the same heap
        channel.sources[records.I2S_EVENT + self._id] = self
        head = (self._id, clock, word, data, bits // 8, format + 1, rate, ibuf)
        channel.call(records.I2S_INIT, pack("<BBBBBBII", *head))

    def deinit(self):
        channel.call(records.I2S_DEINIT, bytes((self._id,)))

    def irq(self, handler):
        self._handler, self._waits = handler, True

    def ioctl(self, request, flags):
        if request != 3:
            return -1
        self._handler, self._waits = None, False
        return flags if self._put(b"\0\0", 0) else 0

    def _put(self, data, keep):
        return unpack("<H", channel.call(records.I2S_PUT, bytes((self._id, keep)) + data))[0]

    def write(self, buffer):
        data = bytes(buffer)  # of an array too
        if not self._waits:
            return self._put(data, 1)
        self._taken = False
        for start in range(0, len(data), _PIECE):
            channel.post(records.I2S_WRITE, bytes((self._id, start == 0)) + data[start : start + _PIECE])
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
