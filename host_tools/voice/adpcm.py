"""IMA-ADPCM on the host: 16-bit samples to 4-bit codes and back (IMA recommended practices 3.00,
1992, section 6).

A clip's predictor starts at 0; the low nibble of each byte comes first. The encoder tracks the
decoder's state, so that each code corrects the errors of those before it.
"""

# ruff: noqa: PLR1730, PLR2004 - ranges of samples, codes and steps; comparisons instead of min()
# and max(), because they run a million times per pack

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]

STEPS = [
    7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66,
    73, 80, 88, 97, 107, 118, 130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408,
    449, 494, 544, 598, 658, 724, 796, 876, 963, 1060, 1166, 1282, 1411, 1552, 1707, 1878, 2066,
    2272, 2499, 2749, 3024, 3327, 3660, 4026, 4428, 4871, 5358, 5894, 6484, 7132, 7845, 8630,
    9493, 10442, 11487, 12635, 13899, 15289, 16818, 18500, 20350, 22385, 24623, 27086, 29794,
    32767,
]  # fmt: skip
_ADAPT = (-1, -1, -1, -1, 2, 4, 6, 8) * 2
_TRIAL = 240  # samples over which the first step index is chosen


def _change(step: int, code: int) -> int:
    size = (
        (step >> 3)
        + (code >> 2 & 1) * step
        + (code >> 1 & 1) * (step >> 1)
        + (code & 1) * (step >> 2)
    )
    return -size if code & 8 else size


_CHANGES = [[_change(step, code) for code in range(16)] for step in STEPS]


def encode(samples: Samples) -> tuple[int, bytes]:
    """Give the decoder's initial step index and the data; an odd number of samples is padded with
    the code 0."""
    wanted = samples.tolist()
    first = min(range(0, 49, 4), key=lambda index: _encode(wanted[:_TRIAL], index)[1])
    codes, _ = _encode(wanted, first)
    codes += [0] * (len(codes) & 1)
    return first, bytes(low | high << 4 for low, high in zip(codes[::2], codes[1::2], strict=True))


@lru_cache(maxsize=512)  # clips share their data between speeds
def decode(first: int, data: bytes, count: int) -> Samples:
    """Decode the first `count` samples, as a read-only array; `first` is the initial step index."""
    samples = np.fromiter(_decode(first, data), np.int16, count)
    samples.flags.writeable = False
    return samples


def _encode(wanted: list[int], index: int) -> tuple[list[int], int]:
    """Encode from the step index `index`; give the codes and the sum of the squared errors."""
    predictor, error, codes = 0, 0, []
    for sample in wanted:
        step = STEPS[index]
        difference = sample - predictor
        if difference < 0:
            code = -difference * 4 // step
            code = 15 if code > 7 else code | 8
        else:
            code = difference * 4 // step
            if code > 7:
                code = 7
        predictor += _CHANGES[index][code]
        if not -32768 <= predictor <= 32767:
            predictor = 32767 if predictor > 0 else -32768
        index += _ADAPT[code]
        if not 0 <= index <= 88:
            index = 88 if index > 0 else 0
        codes.append(code)
        error += (sample - predictor) ** 2
    return codes, error


def _decode(index: int, data: bytes) -> Iterable[int]:
    predictor = 0
    for byte in data:
        for code in (byte & 15, byte >> 4):
            predictor += _CHANGES[index][code]
            if not -32768 <= predictor <= 32767:
                predictor = 32767 if predictor > 0 else -32768
            index += _ADAPT[code]
            if not 0 <= index <= 88:
                index = 88 if index > 0 else 0
            yield predictor
