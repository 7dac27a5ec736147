"""Cuts: how the token says the same recording slower or faster at the same pitch.

A cut goes over, within FADE samples, to a place some periods of the voice away: forward to be
faster, back to be slower. Where the two places look most alike, nobody hears it (synchronised
overlap-add, Roucos and Wilgus, ICASSP 1985). Looking for them is the host's work, once; the token
only follows. Positions are samples at 16 kHz.
"""

import numpy as np
from numpy.typing import NDArray

from host_tools.voice.adpcm import Samples

FADE = 64
LONGEST_JUMP = 400  # 25 ms: two periods of the lowest voice
SHORTEST_JUMP = 40  # at a factor near 1; the further from it, the more each cut must bring
_ALIKE = 192  # samples that are compared
_TYPICAL_JUMP = 200
_PLACES = range(0, 320, 16)  # how far after the place where a cut is due it may be put
_SILENCE = 1e6  # sum of squares under which two places count as alike whatever they hold

Cut = tuple[int, int]  # samples to play straight on, then how far to jump


def cuts(samples: Samples, factor: float) -> list[Cut]:
    """Give the cuts that make a recording last `factor` times as long: under 1 is faster."""
    sound = samples.astype(np.float64)
    energy = np.concatenate(
        ([0.0], np.cumsum(sound**2))
    )  # up to each sample; exact, for these are whole numbers
    direction = 1 if factor < 1 else -1
    shortest = SHORTEST_JUMP + round(200 * abs(1 - factor))
    found: list[Cut] = []
    position = played = 0
    while factor != 1:
        ahead = position * factor - played
        due = position + max(0, round((ahead + direction * factor * _TYPICAL_JUMP) / (1 - factor)))
        unlike, place, jump = min(
            (_fit(sound, energy, due + step, direction, shortest) for step in _PLACES),
            key=lambda fit: fit[0],
        )
        if unlike == np.inf:
            break
        found.append((place - position, jump))
        played += place - position + FADE
        position = place + jump + FADE
    return found


def render(samples: Samples, found: list[Cut]) -> Samples:
    """Give what a token plays."""
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
    """Give how unlike a place is to the likest one within reach, from 0 on; the place; and the
    jump."""
    low, high = sorted((place + direction * shortest, place + direction * LONGEST_JUMP))
    if low < 0 or max(high, place) + _ALIKE > len(sound):
        return np.inf, place, 0
    here = sound[place : place + _ALIKE]
    there = sound[low : high + _ALIKE]
    both = energy[low + _ALIKE : high + _ALIKE + 1] - energy[low : high + 1]
    both += energy[place + _ALIKE] - energy[place]
    unlike = (both - 2 * np.correlate(there, here)) / (both + _SILENCE)
    chosen = int(unlike.argmin())
    return float(unlike[chosen]), place, low + chosen - place
