"""Checking a voice pack as it will be heard: every clip decoded, and each figure held against its
limit."""

from dataclasses import dataclass

import numpy as np

from host_tools.voice import levels as sound
from host_tools.voice import packfile
from host_tools.voice.languages import SPEEDS

_CLICK = 0.005  # the largest step at a clip's ends, where 1 is full scale: -46 dB


@dataclass(frozen=True)
class Figures:
    """What was measured over a pack's clips."""

    softest: float
    loudest: float
    highest_peak: float
    largest_step: float
    seconds: float


def measure(clips: list[packfile.Clip]) -> Figures:
    """Give the extremes over clips."""
    heard = [clip.samples().astype(np.float64) / 32768 for clip in clips]
    levels = [sound.loudness(each) for each in heard]
    return Figures(
        min(levels),
        max(levels),
        max(sound.true_peak(each) for each in heard),
        max(sound.edge(each) for each in heard),
        sum(len(each) for each in heard) / sound.RATE,
    )


def faults(clips: list[packfile.Clip], figures: Figures, keys: set[str]) -> list[str]:
    """Give what is wrong with a pack whose clips should be `keys` at every speed; nothing is a good
    pack."""
    there = {(clip.name, clip.speed) for clip in clips}
    wanted = {(key, speed) for key in keys for speed in SPEEDS}
    found = [f"{name} at speed {speed} is missing" for name, speed in sorted(wanted - there)]
    found += [f"{name} at speed {speed} is never said" for name, speed in sorted(there - wanted)]
    if figures.loudest - figures.softest > sound.LOUDNESS_SPREAD:
        found.append(f"levels lie {figures.loudest - figures.softest:.2f} LU apart")
    if figures.highest_peak > sound.HIGHEST_PEAK:
        found.append(f"the true peak is {figures.highest_peak:.2f} dBTP")
    if figures.largest_step > _CLICK:
        found.append(f"a clip's end clicks: a step of {figures.largest_step:.4f} of full scale")
    return found
