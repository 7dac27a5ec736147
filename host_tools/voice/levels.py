"""Levels and edges of clips: mono samples from -1 to 1 at RATE.

Loudness is ITU-R BS.1770-4 by pyloudnorm. Its blocks are 0.4 s long, so a clip is repeated without
pause to fill them; a digit then measures as loud as the same sound in a long phrase. True peak is
BS.1770-4 annex 2: four times oversampled.

scipy.signal takes a second to load and serves only where a clip is made or measured; a program that
reads finished packs does without.
"""

from functools import cache
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import minimum_filter1d, uniform_filter1d

Sound = NDArray[np.float64]

RATE = 16000
# LUFS: what the clip with the highest peaks can have without its true peak passing HIGHEST_PEAK.
LOUDNESS = -17.0
LOUDNESS_SPREAD = 1.0  # LU, the most between the loudest and the softest clip of a pack
HIGHEST_PEAK = -1.0  # dBTP
_LIMIT = -2.1  # dBTP before compression, whose errors add to peaks
_QUIET = 10 ** (-42 / 20)  # relative to the loudest moment; softer is silence around a clip
_MOMENT = RATE // 200
_MARGIN = RATE // 100
_EDGE = RATE // 200  # samples of the fades at a clip's ends
_MEASURED = 3 * RATE


def resample(sound: Sound, rate: int) -> Sound:
    """Convert from `rate` samples a second to RATE."""
    return _resampled(sound, RATE, rate)


def samples(sound: Sound) -> NDArray[np.int16]:
    """Give a sound as samples of 16 bits."""
    return np.round(sound * 32767).astype(np.int16)


def loudness(sound: Sound) -> float:
    """Give a clip's loudness in LUFS."""
    return float(_meter().integrated_loudness(np.tile(sound, ceil(_MEASURED / len(sound)))))


def true_peak(sound: Sound) -> float:
    """Give a clip's true peak in dBTP."""
    return float(20 * np.log10(np.abs(_resampled(np.pad(sound, 64), 4, 1)).max() + 1e-12))


def trim(sound: Sound) -> Sound:
    """Cut off the silence before and after a clip, except 10 ms."""
    level = np.sqrt(np.convolve(sound**2, np.full(_MOMENT, 1 / _MOMENT), mode="same"))
    loud = np.flatnonzero(level > _QUIET * level.max())
    return sound[max(0, loud[0] - _MARGIN) : loud[-1] + 1 + _MARGIN]


def soften_edges(sound: Sound) -> Sound:
    """Fade a clip in and out, so that it does not click where clips are joined."""
    rise = (1 - np.cos(np.pi * np.arange(_EDGE) / _EDGE)) / 2
    shaped = sound.copy()
    shaped[:_EDGE] *= rise
    shaped[-_EDGE:] *= rise[::-1]
    return shaped


def normalise(sound: Sound, wanted: float = LOUDNESS) -> Sound:
    """Bring a clip to the loudness `wanted` (LUFS), with a limiter for peaks above _LIMIT."""
    for _ in range(4):
        sound = _limit(sound * 10 ** ((wanted - loudness(sound)) / 20))
    return sound


def edge(sound: Sound) -> float:
    """Give the larger amplitude of a clip's first and last sample: the step to the silence
    around."""
    return float(max(abs(sound[0]), abs(sound[-1])))


def _limit(sound: Sound) -> Sound:
    ceiling = 10 ** (_LIMIT / 20)
    envelope = np.abs(_resampled(sound, 4, 1)).reshape(-1, 4).max(axis=1)
    gain = np.minimum(1, ceiling / np.maximum(envelope, ceiling))
    return np.asarray(sound * uniform_filter1d(minimum_filter1d(gain, 2 * _MOMENT + 1), _MOMENT))


def _resampled(sound: Sound, up: int, down: int) -> Sound:
    from scipy.signal import resample_poly  # noqa: PLC0415

    return np.asarray(resample_poly(sound, up, down))


@cache
def _meter() -> Any:
    import pyloudnorm  # noqa: PLC0415

    return pyloudnorm.Meter(RATE)
