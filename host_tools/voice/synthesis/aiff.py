"""Reads AIFF and AIFF-C files, which macOS voices write (Apple, Audio Interchange File Format
1.3)."""

import struct

import numpy as np

from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Argument
from host_tools.voice.levels import Sound

_HEAD, _CHUNK, _COMMON, _SOUND = (struct.Struct(each) for each in (">4sI4s", ">4sI", ">hIh", ">II"))
_BITS = 16
_BIAS = 16383 + 63  # of an 80-bit float's exponent, with its 64-bit mantissa taken as an integer


def read(content: bytes) -> tuple[Sound, int]:
    """Give the samples (mean of the channels, -1 to 1) and the sample rate; KodebrikError for an
    unsupported coding."""
    chunks, position = {}, _HEAD.size
    while position + _CHUNK.size <= len(content):
        name, size = _CHUNK.unpack_from(content, position)
        position += _CHUNK.size
        chunks[name] = content[position : position + size]
        position += size + (size & 1)
    common, held = chunks.get(b"COMM", b""), chunks.get(b"SSND", b"")
    if len(common) < _COMMON.size + 10 or len(held) < _SOUND.size:
        raise _unknown("aiff-without-sound")
    channels, frames, bits = _COMMON.unpack_from(common)
    exponent, mantissa = struct.unpack_from(">HQ", common, _COMMON.size)
    coding = common[_COMMON.size + 10 :][:4] or b"NONE"
    if bits != _BITS or coding not in (b"NONE", b"twos", b"sowt"):
        raise _unknown("aiff-coding", bits=bits, coding=coding.decode("ascii", errors="replace"))
    offset, _ = _SOUND.unpack_from(held)
    samples = np.frombuffer(
        held, "<i2" if coding == b"sowt" else ">i2", channels * frames, _SOUND.size + offset
    )
    return samples.reshape(-1, channels).mean(axis=1) / 32768, round(
        mantissa * 2.0 ** (exponent - _BIAS)
    )


def _unknown(identifier: str, **arguments: Argument) -> KodebrikError:
    return KodebrikError(identifier, ExitCode.BAD_INPUT, **arguments)
