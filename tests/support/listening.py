"""Noise for a listening test, and its count of wrong digits."""

import numpy as np
from numpy.typing import NDArray

NOISE_DB = 20  # level of the speech above the noise


def noisy(samples: NDArray, dice: np.random.Generator) -> NDArray:
    """Add white noise NOISE_DB under the level of the speech, measured without its pauses."""
    speech = samples[samples != 0].astype(np.float64)
    return samples + dice.normal(
        0, np.sqrt((speech**2).mean()) * 10 ** (-NOISE_DB / 20), len(samples)
    )


def digit_errors(said: str, heard: str) -> int:
    """Give the edit distance: digits that are wrong, missing or superfluous."""
    row = list(range(len(heard) + 1))
    for at, digit in enumerate(said, 1):
        before, row[0] = row[0], at
        for place, other in enumerate(heard, 1):
            before, row[place] = (
                row[place],
                min(row[place] + 1, row[place - 1] + 1, before + (digit != other)),
            )
    return row[-1]
