"""Which clips of a voice pack are heard in a token's sound, at any volume: by correlation with the
clips themselves.

This tells what a token *plays*. Whether a human being would understand it is the listening test's
question.
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

UNKNOWN = "?"  # sound that is no whole clip, such as one that was interrupted

_Floats = NDArray[np.float64]
_SILENT = 4  # amplitude; what the quietest volume leaves of a clip's soft edges is less
_GAP = levels.RATE // 100  # samples of silence between two bursts of sound
_PROBE = levels.RATE * 3 // 20  # samples from a clip's beginning that are tried first
_SLACK = levels.RATE // 20  # by how much the beginning may be missed
_SIZE = 4096  # of the Fourier transforms: no less than a probe with its slack
_LIKELY, _SURE = 0.85, 0.97  # correlation of the probe, and of the whole clip


@dataclass(frozen=True)
class Found:
    """A clip, or UNKNOWN at speed 0, in the samples from `start` to `end`."""

    name: str
    speed: int
    start: int
    end: int


class Recogniser:
    """Knows the clips of one pack."""

    def __init__(self, clips: Sequence[packfile.Clip]) -> None:
        """Decode them all."""
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
        """Give the names of the clips one after another."""
        return [found.name for found in self.found(samples)]

    def found(self, samples: Sequence[int] | NDArray[np.int16]) -> list[Found]:
        """Give the clips one after another, with their places."""
        heard = np.asarray(samples, float)
        result: list[Found] = []
        end = 0
        for start, stop in _bursts(heard):
            if stop <= end + _GAP:
                continue  # a part of the clip before
            found = self._best(heard, max(start, end)) or Found(UNKNOWN, 0, start, stop)
            if found.name == UNKNOWN and result and result[-1].name == UNKNOWN:
                found = Found(UNKNOWN, 0, result.pop().start, stop)
            result.append(found)
            end = found.end
        return result

    def _best(self, heard: _Floats, onset: int) -> Found | None:
        """The longest clip that is there whole."""
        # All probes at once: each begins where its clip is first loud, so all are sought in the
        # same short piece.
        piece = _cut(heard, onset - _SLACK, _PROBE + 2 * _SLACK)
        lags = 2 * _SLACK + 1
        power = np.concatenate(([0.0], np.cumsum(piece**2)))
        power = np.maximum(power[_PROBE:] - power[:lags], 1.0)
        products = fft.irfft(fft.rfft(piece.astype(np.float32), _SIZE) * self._probes, _SIZE)[
            :, :lags
        ]
        likeness = products / np.sqrt(power, dtype=np.float32)
        places = likeness.argmax(axis=1)
        sure: list[Found] = []
        for number in np.flatnonzero(likeness.max(axis=1) >= _LIKELY):
            name, speed, clip, loud = self._clips[number]
            start = onset - _SLACK - loud + int(places[number])
            if _likeness(_cut(heard, start, len(clip)), clip) > _SURE:
                sure.append(Found(name, speed, start, start + len(clip)))
        return max(sure, key=lambda found: found.end - found.start, default=None)


def listener(languages: Sequence[str]) -> "Callable[[Heard], list[str]]":
    """What scenarios need to expect speech: the names of the clips heard, in any of these
    languages."""

    @cache
    def recogniser() -> Recogniser:
        return Recogniser(
            [clip for name in languages for clip in packfile.load(store.pack(name))[1]]
        )

    return lambda heard: recogniser().names(heard.samples)


def _bursts(heard: _Floats) -> list[tuple[int, int]]:
    """Stretches of sound with silence around them."""
    loud = np.flatnonzero(np.abs(heard) > _SILENT)
    if not loud.size:
        return []
    breaks = np.flatnonzero(np.diff(loud) > _GAP)
    starts = loud[np.concatenate(([0], breaks + 1))]
    ends = loud[np.concatenate((breaks, [loud.size - 1]))] + 1
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


def _cut(heard: _Floats, start: int, count: int) -> _Floats:
    """Samples from `start` on, silence where there are none."""
    piece = np.zeros(count)
    first, last = max(0, start), min(len(heard), start + count)
    if first < last:
        piece[first - start : last - start] = heard[first:last]
    return piece


def _likeness(heard: _Floats, clip: _Floats) -> float:
    """The correlation of the two: 1 when they are the same but for their volume."""
    return float(np.dot(heard, clip) / np.sqrt(max(1.0, np.dot(heard, heard)) * np.dot(clip, clip)))
