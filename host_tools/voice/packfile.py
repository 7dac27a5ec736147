"""Writes and reads voice pack files; the format is described in firmware/speech/pack.py.

Independent of the firmware's reader on purpose, so that tests compare the two.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import cbor2
import numpy as np

from host_tools.errors import ExitCode, KodebrikError
from host_tools.voice import adpcm
from host_tools.voice.time_scale import Cut, render

MAGIC = b"KVP2"
_HEAD, _ENTRY, _CUT = struct.Struct("<4sHHII"), struct.Struct("<15sBBBHIII"), struct.Struct("<Hh")
MAX_NAME = 15
FULL_LEVEL = 128
MAX_CUTS = 512


@dataclass(frozen=True)
class Clip:
    """One clip at one speed (1 to 5): ADPCM data of `count` samples from step index `first`.

    It is played with these cuts, at `level`/FULL_LEVEL of the data's amplitude.
    """

    name: str
    speed: int
    first: int
    data: bytes
    count: int
    cuts: tuple[Cut, ...] = ()
    level: int = FULL_LEVEL

    def samples(self) -> adpcm.Samples:
        """Give the samples that a token plays at full volume."""
        whole = render(adpcm.decode(self.first, self.data, self.count), list(self.cuts))
        return (whole.astype(np.int32) * self.level >> 7).astype(np.int16)

    @property
    def duration(self) -> int:
        """The clip's length in samples."""
        return self.count - sum(jump for _, jump in self.cuts)


def dump(description: dict[str, Any], clips: Iterable[Clip]) -> bytes:
    """Give the bytes of a pack; clips with the same data share it. ValueError for a clip that the
    format cannot hold."""
    ordered = sorted(clips, key=lambda clip: (clip.name.encode(), clip.speed))
    described = cbor2.dumps(description, canonical=True)
    offset = _HEAD.size + len(described) + _ENTRY.size * len(ordered)
    entries, stored = [], dict[bytes, int]()
    for clip in ordered:
        name = clip.name.encode("ascii")
        if not 0 < len(name) <= MAX_NAME:
            raise ValueError(f"the name '{clip.name}' does not have 1 to {MAX_NAME} characters")
        if len(clip.cuts) > MAX_CUTS:
            raise ValueError(f"the clip '{clip.name}' is too long: {len(clip.cuts)} cuts")
        cuts = b"".join(_CUT.pack(*cut) for cut in clip.cuts)
        for piece in (clip.data, cuts):
            if piece not in stored:
                stored[piece] = offset
                offset += len(piece)
        offsets = stored[clip.data], stored[cuts]
        entries.append(
            _ENTRY.pack(
                name, clip.speed, clip.first, clip.level, len(clip.cuts), clip.count, *offsets
            )
        )
    body = described + b"".join(entries) + b"".join(stored)
    return (
        _HEAD.pack(MAGIC, len(described), len(ordered), _HEAD.size + len(body), crc32(body)) + body
    )


def load(content: bytes) -> tuple[dict[str, Any], list[Clip]]:
    """Give a pack's description and clips; KodebrikError for a file that is damaged or no pack."""
    try:
        magic, described, count, size, checksum = _HEAD.unpack_from(content)
    except struct.error:
        raise _damaged("voice-pack-short") from None
    if magic != MAGIC:
        raise _damaged("voice-pack-foreign")
    if size != len(content) or checksum != crc32(content[_HEAD.size :]):
        raise _damaged("voice-pack-checksum")
    start = _HEAD.size + described
    clips = []
    for number in range(count):
        name, speed, first, level, cut_count, samples, offset, cuts_at = _ENTRY.unpack_from(
            content, start + number * _ENTRY.size
        )
        cuts = tuple(_CUT.iter_unpack(content[cuts_at : cuts_at + cut_count * _CUT.size]))
        data = content[offset : offset + (samples + 1) // 2]
        clips.append(
            Clip(name.rstrip(b"\0").decode("ascii"), speed, first, data, samples, cuts, level)
        )
    return cbor2.loads(content[_HEAD.size : start]), clips


def _damaged(identifier: str) -> KodebrikError:
    return KodebrikError(identifier, ExitCode.BAD_INPUT)
