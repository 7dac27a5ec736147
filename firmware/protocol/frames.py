"""Frames on the serial byte stream: 0x00, COBS(payload || CRC-32 little-endian), 0x00. Sizes are
bytes.

COBS (Cheshire and Baker, "Consistent Overhead Byte Stuffing", 1999) removes every 0x00 from a block
at the cost of one byte in 254, so 0x00 only occurs at the ends of frames. The leading 0x00 ends any
garbage before a frame, so that the frame is not lost with it.
"""

import binascii

from firmware.protocol.messages import MAX_PAYLOAD

_CRC_SIZE = 4
_LONGEST_RUN = 254
_MAX_BLOCK = MAX_PAYLOAD + _CRC_SIZE + (MAX_PAYLOAD + _CRC_SIZE) // _LONGEST_RUN + 1


def encode(payload: bytes) -> bytes:
    """Return the frame of a payload; ValueError when it is longer than MAX_PAYLOAD."""
    if len(payload) > MAX_PAYLOAD:
        raise ValueError("the payload is too long for a frame")
    return b"\0" + stuff(payload + binascii.crc32(payload).to_bytes(_CRC_SIZE, "little")) + b"\0"


def stuff(data: bytes) -> bytes:
    """Return the COBS block of data: each run of up to 254 bytes other than 0x00, preceded by its
    length plus one."""
    out = bytearray()
    full = False  # whether the previous run had 254 bytes, which implies no 0x00 after it
    runs = data.split(b"\0")
    last = len(runs) - 1
    for i, run in enumerate(runs):
        at = 0
        full = False
        while len(run) - at >= _LONGEST_RUN:
            out.append(_LONGEST_RUN + 1)
            out.extend(run[at : at + _LONGEST_RUN])
            at += _LONGEST_RUN
            full = True
        if at < len(run) or i < last or not full:
            out.append(len(run) - at + 1)
            out.extend(run[at:])
    return bytes(out)


def unstuff(block: bytes) -> bytes:
    """Return the data of a COBS block without 0x00; ValueError when the block ends within a run."""
    out = bytearray()
    at = 0
    size = len(block)
    while at < size:
        code = block[at]
        end = at + code
        if code == 0 or end > size:
            raise ValueError("damaged COBS block")
        out.extend(block[at + 1 : end])
        at = end
        if code <= _LONGEST_RUN and at < size:
            out.append(0)
    return bytes(out)


class Decoder:
    """Finds frames in a byte stream that may hold garbage. Keeps the bytes of one frame at most."""

    def __init__(self) -> None:
        """Start outside any frame."""
        self._block = b""
        self._oversized = False
        self._opened = False

    @property
    def idle(self) -> bool:
        """Return True while no 0x00 has opened a frame: until then bytes other than 0x00 belong to
        none."""
        return not self._opened

    def feed(self, data: bytes | bytearray) -> list:
        """Take bytes; return the payloads they complete, in order, with None for each damaged or
        oversized frame."""
        found: list[bytes | None] = []
        at = 0
        while True:
            end = data.find(b"\0", at)
            if end < 0:
                self._keep(data[at:])
                return found
            self._keep(data[at:end])
            at = end + 1
            if self._oversized or self._block:
                payload = None if self._oversized else _open(self._block)
                found.append(payload)
                # After damage, this 0x00 may be the one that opens the next frame.
                self._opened = payload is None
                self._block = b""
                self._oversized = False
            else:
                self._opened = True

    def _keep(self, part: bytes | bytearray) -> None:
        if self._oversized or len(self._block) + len(part) > _MAX_BLOCK:
            self._oversized = True
            self._block = b""
        else:
            self._block += part


def _open(block: bytes) -> bytes | None:
    """Return the payload of a block, or None when it is damaged."""
    try:
        data = unstuff(block)
    except ValueError:
        return None
    payload = data[:-_CRC_SIZE]
    if binascii.crc32(payload).to_bytes(_CRC_SIZE, "little") != data[-_CRC_SIZE:]:
        return None
    return payload
