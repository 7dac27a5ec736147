"""Time scaling: plays a recording slower or faster at the same pitch, by cuts.

A cut cross-fades within FADE samples to a position some pitch periods away: forward to be faster,
back to be slower. It is inaudible where the two positions are most similar (synchronised
overlap-add, Roucos and Wilgus, ICASSP 1985). The host finds the cuts once; the token only follows
them. Positions are samples at 16 kHz.
"""

import numpy as np
from numpy.typing import NDArray

from host_tools.voice.adpcm import Samples

FADE = 64
LONGEST_JUMP = 400  # 25 ms: two periods of the lowest voice
SHORTEST_JUMP = 40  # at a factor near 1; longer the further the factor is from it
_COMPARED = 192  # samples of the comparison of two positions
_TYPICAL_JUMP = 200
_DELAYS = range(0, 320, 16)  # samples by which a cut may come after it is due
_SILENCE = 1e6  # sum of squares under which two positions count as similar

Cut = tuple[int, int]  # samples to play straight on, then how far to jump


def cuts(samples: Samples, factor: float) -> list[Cut]:
    """Find the cuts that make a recording last `factor` times as long; below 1 is faster."""
    sound = samples.astype(np.float64)
    # cumulative; exact, because samples are integers
    energy = np.concatenate(([0.0], np.cumsum(sound**2)))
    direction = 1 if factor < 1 else -1
    shortest = SHORTEST_JUMP + round(200 * abs(1 - factor))
    found: list[Cut] = []
    position = played = 0
    while factor != 1:
        ahead = position * factor - played
        due = position + max(0, round((ahead + direction * factor * _TYPICAL_JUMP) / (1 - factor)))
        difference, start, jump = min(
            (_fit(sound, energy, due + step, direction, shortest) for step in _DELAYS),
            key=lambda fit: fit[0],
        )
        if difference == np.inf:
            break
        found.append((start - position, jump))
        played += start - position + FADE
        position = start + jump + FADE
    return found


def render(samples: Samples, found: list[Cut]) -> Samples:
    """Give the samples that a token plays with the cuts `found`."""
    pieces, position = [], 0
    weights = np.arange(FADE)
    for straight, jump in found:
        pieces.append(samples[position : position + straight])
        place = position + straight
        old = samples[place : place + FADE].astype(np.int32)
        new = samples[place + jump : place + jump + FADE].astype(np.int32)
        pieces.append(((old * (FADE - weights) + new * weights) >> 6).astype(np.int16))
        position = place + jump + FADE
    return np.concatenate([*pieces, samples[position:]])


def _fit(
    sound: NDArray[np.float64],
    energy: NDArray[np.float64],
    place: int,
    direction: int,
    shortest: int,
) -> tuple[float, int, int]:
    """Find the jump from `place` to the most similar position within reach.

    Gives (difference, place, jump); the difference is 0 for equal sounds, infinite without room.
    """
    low, high = sorted((place + direction * shortest, place + direction * LONGEST_JUMP))
    if low < 0 or max(high, place) + _COMPARED > len(sound):
        return np.inf, place, 0
    here = sound[place : place + _COMPARED]
    there = sound[low : high + _COMPARED]
    both = energy[low + _COMPARED : high + _COMPARED + 1] - energy[low : high + 1]
    both += energy[place + _COMPARED] - energy[place]
    unlike = (both - 2 * np.correlate(there, here)) / (both + _SILENCE)
    chosen = int(unlike.argmin())
    return float(unlike[chosen]), place, low + chosen - place
