"""Checks a voice pack: every clip is decoded, measured and compared with the limits."""

from dataclasses import dataclass

import numpy as np

from host_tools.messages.catalogue import Message
from host_tools.voice import levels, packfile
from host_tools.voice.languages import SPEEDS

_CLICK = 0.005  # the largest step at a clip's ends, where 1 is full scale: -46 dB


@dataclass(frozen=True)
class Figures:
    """Measurements over a pack's clips: loudness in LUFS, true peak in dBTP, the largest step at a
    clip's ends (1 = full scale), and the length of all in seconds."""

    softest: float
    loudest: float
    highest_peak: float
    largest_step: float
    seconds: float


def measure(clips: list[packfile.Clip]) -> Figures:
    """Measure clips."""
    heard = [clip.samples().astype(np.float64) / 32768 for clip in clips]
    loudness = [levels.loudness(each) for each in heard]
    return Figures(
        min(loudness),
        max(loudness),
        max(levels.true_peak(each) for each in heard),
        max(levels.edge(each) for each in heard),
        sum(len(each) for each in heard) / levels.RATE,
    )


def faults(clips: list[packfile.Clip], figures: Figures, keys: set[str]) -> list[str]:
    """List the faults of a pack that should have the clips `keys` at every speed; empty for a good
    one."""
    there = {(clip.name, clip.speed) for clip in clips}
    wanted = {(key, speed) for key in keys for speed in SPEEDS}
    found: list[str] = [
        Message("clip-missing", clip=name, speed=speed) for name, speed in sorted(wanted - there)
    ]
    found += [
        Message("clip-unused", clip=name, speed=speed) for name, speed in sorted(there - wanted)
    ]
    if figures.loudest - figures.softest > levels.LOUDNESS_SPREAD:
        found.append(Message("clips-levels", spread=figures.loudest - figures.softest))
    if figures.highest_peak > levels.HIGHEST_PEAK:
        found.append(Message("clips-peak", peak=figures.highest_peak))
    if figures.largest_step > _CLICK:
        found.append(Message("clips-click", step=figures.largest_step))
    return found
