"""Judges one recording and makes a clip of it: silence cut off, ends softened, levelled."""

from dataclasses import dataclass

import miniaudio
import numpy as np

from host_tools.messages.catalogue import Message
from host_tools.voice import levels, recordings

_MOMENT = levels.RATE // 100  # samples over which the level is taken
_QUIET_SHARE = 0.1  # of the moments, the quietest: the room without the voice
# How far the room must lie under the voice, in dB: nearer, its noise is taken for speech, and no
# silence is cut off (levels.trim()).
_LEAST_DISTANCE = 42.0


@dataclass(frozen=True)
class Take:
    """A recording's clip, and why it cannot be used: empty for a good one."""

    sound: levels.Sound
    faults: list[str]


def judge(content: bytes) -> Take:
    """Judge the bytes of a WAV file with one word or phrase, and the silence around it."""
    nothing: levels.Sound = np.zeros(0)
    try:
        samples, rate = recordings.read(content)
    except miniaudio.MiniaudioError:
        return Take(nothing, [Message("recording-not-wav")])
    faults = recordings.inspect(samples, rate)
    if not faults and (distance := _distance(levels.resample(samples, rate))) < _LEAST_DISTANCE:
        faults = [Message("recording-noisy", distance=distance, least=_LEAST_DISTANCE)]
    if faults:
        return Take(nothing, faults)
    spoken = levels.trim(levels.resample(samples, rate))
    return Take(levels.normalise(levels.soften_edges(spoken)), [])


def _distance(sound: levels.Sound) -> float:
    """Give how many decibels the quietest moments of a recording lie under the loudest."""
    moments = sound[: len(sound) // _MOMENT * _MOMENT].reshape(-1, _MOMENT)
    power = np.sort((moments**2).mean(axis=1)) + 1e-12
    quiet = power[: max(1, round(_QUIET_SHARE * len(power)))].mean()
    return float(10 * np.log10(power[-1] / quiet))
