"""machine.I2S as on the rp2 port, transmitter only: blocking, or with a callback when a buffer has been taken over.

A buffer is read when write() is called, while a board reads it little by little until the callback.
"""
# ruff: noqa: D101, D102, D107, PLR0913 - MicroPython's own names and ways

import channel
import records
from ustruct import pack, pack_into, unpack_from

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
        self._handler, self._taken = None, True
        channel.sources[records.I2S_EVENT + self._id] = self
        head = (self._id, clock, word, data, bits // 8, format + 1, rate, ibuf)
        channel.call(records.I2S_INIT, pack("<BBBBBBII", *head))

    def deinit(self):
        channel.call(records.I2S_DEINIT, bytes((self._id,)))

    def irq(self, handler):
        self._handler = handler

    def write(self, buffer):
        self._taken = False
        data = bytes(buffer)  # of an array too
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
