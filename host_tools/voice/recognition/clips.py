"""Recognises the clips of a voice pack in a token's sound, at any volume, by correlation.

This tells which clips a token plays; their intelligibility is what the listening test measures.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from host_tools.voice import levels, packfile, store

if TYPE_CHECKING:
    from emulator.sound import Heard

UNKNOWN = "?"  # sound that is not a complete clip, such as an interrupted one

_Floats = NDArray[np.float64]
_SILENT = 4  # amplitude; at the lowest volume a clip's fades are below it
_GAP = levels.RATE // 100  # samples of silence between two bursts of sound
_PROBE = levels.RATE * 3 // 20  # samples of a clip's beginning that are compared first
_SLACK = levels.RATE // 20  # samples by which the onset may be off
_SIZE = 4096  # of the Fourier transforms; at least a probe with its slack
_LIKELY, _SURE = 0.85, 0.97  # correlation of the probe, and of the whole clip


@dataclass(frozen=True)
class Found:
    """A clip, or UNKNOWN at speed 0, in the samples from `start` to `end`."""

    name: str
    speed: int
    start: int
    end: int


class Recogniser:
    """Recognises the clips of one pack."""

    def __init__(self, clips: Sequence[packfile.Clip]) -> None:
        """Decode the clips and transform their beginnings."""
        self._clips: list[tuple[str, int, _Floats, int]] = []
        probes = []
        for clip in clips:
            samples = clip.samples().astype(float)
            loud = np.flatnonzero(np.abs(samples) > _SILENT * 8)
            if loud.size:
                self._clips.append((clip.name, clip.speed, samples, int(loud[0])))
                probe = _cut(samples, int(loud[0]), _PROBE)
                probes.append(probe / np.sqrt(np.sum(probe**2)))
        self._probes = np.conj(fft.rfft(np.array(probes, np.float32), _SIZE))

    def names(self, samples: Sequence[int] | NDArray[np.int16]) -> list[str]:
        """Give the names of the clips in order."""
        return [found.name for found in self.found(samples)]

    def found(self, samples: Sequence[int] | NDArray[np.int16]) -> list[Found]:
        """Give the clips in order, with their positions."""
        heard = np.asarray(samples, float)
        result: list[Found] = []
        end = 0
        for start, stop in _bursts(heard):
            if stop <= end + _GAP:
                continue  # part of the previous clip
            found = self._best(heard, max(start, end)) or Found(UNKNOWN, 0, start, stop)
            if found.name == UNKNOWN and result and result[-1].name == UNKNOWN:
                found = Found(UNKNOWN, 0, result.pop().start, stop)
            result.append(found)
            end = found.end
        return result

    def _best(self, heard: _Floats, onset: int) -> Found | None:
        """Give the longest clip that is complete at `onset`, or None."""
        # All probes at once: each begins where its clip is first loud, so one short piece of
        # sound serves them all.
        piece = _cut(heard, onset - _SLACK, _PROBE + 2 * _SLACK)
        lags = 2 * _SLACK + 1
        power = np.concatenate(([0.0], np.cumsum(piece**2)))
        power = np.maximum(power[_PROBE:] - power[:lags], 1.0)
        products = fft.irfft(fft.rfft(piece.astype(np.float32), _SIZE) * self._probes, _SIZE)[
            :, :lags
        ]
        correlation = products / np.sqrt(power, dtype=np.float32)
        shifts = correlation.argmax(axis=1)
        sure: list[Found] = []
        for number in np.flatnonzero(correlation.max(axis=1) >= _LIKELY):
            name, speed, clip, loud = self._clips[number]
            start = onset - _SLACK - loud + int(shifts[number])
            if _correlation(_cut(heard, start, len(clip)), clip) > _SURE:
                sure.append(Found(name, speed, start, start + len(clip)))
        return max(sure, key=lambda found: found.end - found.start, default=None)


def listener(languages: Sequence[str]) -> "Callable[[Heard], list[str]]":
    """Give the function with which scenarios check speech: sound -> names of the clips in it, in
    any of `languages`."""

    @cache
    def recogniser() -> Recogniser:
        return Recogniser(
            [clip for name in languages for clip in packfile.load(store.pack(name))[1]]
        )

    return lambda heard: recogniser().names(heard.samples)


def _bursts(heard: _Floats) -> list[tuple[int, int]]:
    """Give (start, end) of each stretch of sound between silences longer than _GAP."""
    loud = np.flatnonzero(np.abs(heard) > _SILENT)
    if not loud.size:
        return []
    breaks = np.flatnonzero(np.diff(loud) > _GAP)
    starts = loud[np.concatenate(([0], breaks + 1))]
    ends = loud[np.concatenate((breaks, [loud.size - 1]))] + 1
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


def _cut(heard: _Floats, start: int, count: int) -> _Floats:
    """Give `count` samples from `start` on, padded with silence."""
    piece = np.zeros(count)
    first, last = max(0, start), min(len(heard), start + count)
    if first < last:
        piece[first - start : last - start] = heard[first:last]
    return piece


def _correlation(heard: _Floats, clip: _Floats) -> float:
    """Give the normalised correlation: 1 when the two differ in volume only."""
    return float(np.dot(heard, clip) / np.sqrt(max(1.0, np.dot(heard, heard)) * np.dot(clip, clip)))
