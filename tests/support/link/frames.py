"""Frames of the link by the package cobs."""

import binascii

from cobs import cobs


def frame(payload: bytes) -> bytes:
    """Give the frame of a payload, encoded by the package `cobs`."""
    return b"\0" + cobs.encode(payload + binascii.crc32(payload).to_bytes(4, "little")) + b"\0"


def answers(data: bytes) -> list[bytes]:
    """Give the payloads in the bytes that the token has written."""
    found = []
    for block in data.split(b"\0"):
        if block:
            decoded = cobs.decode(block)
            assert decoded[-4:] == binascii.crc32(decoded[:-4]).to_bytes(4, "little")
            found.append(decoded[:-4])
    return found
