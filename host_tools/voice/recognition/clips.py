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

_Samples = NDArray[np.int16]
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


@dataclass(frozen=True)
class _Templates:
    """The clips of one speed: name, samples and first loud sample of each, and the conjugate
    transforms of their beginnings, one row each."""

    clips: list[tuple[str, _Samples, int]]
    probes: NDArray[np.complex64]


class Recogniser:
    """Recognises the clips of one pack. Any thread may call it."""

    def __init__(self, clips: Sequence[packfile.Clip]) -> None:
        """Decode the clips and transform their beginnings."""
        by_speed: dict[int, list[tuple[str, _Samples, int]]] = {}
        for clip in clips:
            samples = clip.samples()
            loud = louder(samples, _SILENT * 8)
            if loud.size:
                by_speed.setdefault(clip.speed, []).append((clip.name, samples, int(loud[0])))
        self._templates = {
            speed: _Templates(same, _transformed_beginnings(same))
            for speed, same in by_speed.items()
        }
        self._last_speed = 0

    def names(self, samples: Sequence[int] | NDArray[np.int16]) -> list[str]:
        """Give the names of the clips in order."""
        return [found.name for found in self.found(samples)]

    def found(self, samples: Sequence[int] | NDArray[np.int16]) -> list[Found]:
        """Give the clips in order, with their positions."""
        heard = np.asarray(samples, np.int16)
        result: list[Found] = []
        end, speed = 0, self._last_speed
        for start, stop in _bursts(heard):
            if stop <= end + _GAP:
                continue  # part of the previous clip
            found = self._best(heard, max(start, end), speed) or Found(UNKNOWN, 0, start, stop)
            if found.name == UNKNOWN and result and result[-1].name == UNKNOWN:
                found = Found(UNKNOWN, 0, result.pop().start, stop)
            result.append(found)
            end, speed = found.end, found.speed or speed
        self._last_speed = speed
        return result

    def _best(self, heard: _Samples, onset: int, last_speed: int) -> Found | None:
        """Give the longest clip that is complete at `onset`, or None."""
        # All clips of a speed at once: each probe begins where its clip is first loud, so one
        # short piece of sound serves them all.
        piece = _cut(heard, onset - _SLACK, _PROBE + 2 * _SLACK)
        lags = 2 * _SLACK + 1
        power = np.concatenate(([0.0], np.cumsum(piece**2)))
        scale = (1 / np.sqrt(np.maximum(power[_PROBE:] - power[:lags], 1.0))).astype(np.float32)
        spectrum = fft.rfft(piece.astype(np.float32), _SIZE)
        # A clip at another speed is another sound, and a token seldom changes its speed.
        for speed in sorted(self._templates, key=lambda speed: speed != last_speed):
            templates, sure = self._templates[speed], []
            products = fft.irfft(spectrum * templates.probes, _SIZE)[:, :lags]
            correlation = products * scale
            shifts = correlation.argmax(axis=1)
            highest = correlation[np.arange(len(shifts)), shifts]
            for number in np.flatnonzero(highest >= _LIKELY):
                name, clip, loud = templates.clips[number]
                start = onset - _SLACK - loud + int(shifts[number])
                if _correlation(_cut(heard, start, len(clip)), clip.astype(float)) > _SURE:
                    sure.append(Found(name, speed, start, start + len(clip)))
            if sure:
                return max(sure, key=lambda found: found.end - found.start)
        return None


def louder(samples: _Samples, amplitude: int) -> NDArray[np.intp]:
    """Give the places of the samples of more than this amplitude."""
    return np.flatnonzero((samples > amplitude) | (samples < -amplitude))


def _transformed_beginnings(clips: list[tuple[str, _Samples, int]]) -> NDArray[np.complex64]:
    beginnings = np.array([_cut(samples, loud, _PROBE) for _, samples, loud in clips], np.float32)
    beginnings /= np.sqrt(np.sum(beginnings**2, axis=1, keepdims=True))
    return np.asarray(np.conj(fft.rfft(beginnings, _SIZE)), np.complex64)


def listener(languages: Sequence[str]) -> "Callable[[Heard], list[str]]":
    """Give the function with which scenarios check speech: sound -> names of the clips in it, in
    any of `languages`."""

    @cache
    def recogniser() -> Recogniser:
        return Recogniser(
            [clip for name in languages for clip in packfile.load(store.pack(name))[1]]
        )

    return lambda heard: recogniser().names(heard.samples)


def _bursts(heard: _Samples) -> list[tuple[int, int]]:
    """Give (start, end) of each stretch of sound between silences longer than _GAP."""
    loud = louder(heard, _SILENT)
    if not loud.size:
        return []
    breaks = np.flatnonzero(np.diff(loud) > _GAP)
    starts = loud[np.concatenate(([0], breaks + 1))]
    ends = loud[np.concatenate((breaks, [loud.size - 1]))] + 1
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


def _cut(heard: _Samples, start: int, count: int) -> _Floats:
    """Give `count` samples from `start` on, padded with silence."""
    piece = np.zeros(count)
    first, last = max(0, start), min(len(heard), start + count)
    if first < last:
        piece[first - start : last - start] = heard[first:last]
    return piece


def _correlation(heard: _Floats, clip: _Floats) -> float:
    """Give the normalised correlation: 1 when the two differ in volume only."""
    return float(np.dot(heard, clip) / np.sqrt(max(1.0, np.dot(heard, heard)) * np.dot(clip, clip)))
