"""Our own recogniser of the listening chart, independent of Whisper: mel cepstra (those of
host_tools/voice/recognition/digits.py) and dynamic time warping against other voices' digits or
phrases, heard under the same condition.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from host_tools.voice.levels import Sound
from host_tools.voice.recognition import digits

# A row for each sound, a column for each digit or phrase; the highest is heard.
Scores = NDArray[np.float64]

_MARGIN = 25  # frames at both ends of a sound, which never belong to a digit


def frames(sound: Sound) -> digits.Features:
    """Give the mel cepstra of a sound without the silence at its ends."""
    return digits.features(sound * 32767)[1 + _MARGIN : -_MARGIN]


def scores(
    sounds: Sequence[digits.Features], templates: Sequence[digits.Features], said: NDArray[np.int64]
) -> Scores:
    """Give minus the least cost of warping each sound to a template of each digit or phrase; `said`
    are the templates' numbers, from 0 on."""
    joined = np.concatenate(templates)
    ends = np.cumsum([len(each) for each in templates])
    starts = ends - [len(each) for each in templates]
    costs = [_costs(sound, joined, starts, ends - 1) for sound in sounds]
    numbers = range(said.max() + 1)
    return np.array([[-each[said == number].min() for number in numbers] for each in costs])


def _costs(
    sound: digits.Features,
    joined: digits.Features,
    starts: NDArray[np.int64],
    lasts: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Warp a sound to all templates at once: steps of none, one or two template frames for each
    frame of the sound, from the first frame to the last. Give the cost per frame."""
    squares = (sound**2).sum(axis=1)[:, None] + (joined**2).sum(axis=1) - 2 * sound @ joined.T
    near = np.sqrt(np.maximum(squares, 0))
    cost = np.full(2 + len(joined), np.inf)
    cost[2 + starts] = near[0, starts]
    second = starts + 1
    for distances in near[1:]:
        one, two = cost[1:-1].copy(), cost[:-2].copy()
        one[starts] = two[starts] = two[second] = np.inf  # those would come from another template
        cost[2:] = np.minimum(np.minimum(cost[2:], one), two) + distances
    return np.asarray(cost[2 + lasts] / len(sound))
