"""Recognition of a pack's clips in a token's sound, with clips made of independent noise."""

import numpy as np
import pytest

from host_tools.voice import adpcm, levels, packfile
from host_tools.voice.recognition.clips import UNKNOWN, Recogniser

RATE = levels.RATE
PAUSE = np.zeros(RATE // 10, np.int16)


def clip(
    name: str, seconds: float, speed: int = 3, begins_like: str | None = None
) -> packfile.Clip:
    """Noise with soft edges and a silent stretch inside; its first half may be that of another
    clip."""

    def noise(seed: str) -> np.ndarray:
        random = np.random.default_rng(list(seed.encode()))
        return np.convolve(random.normal(0, 6000, round(seconds * RATE)), np.ones(8) / 8, "same")

    samples = noise(f"{name} {speed}")
    if begins_like:
        samples[: len(samples) // 2] = noise(begins_like)[: len(samples) // 2]
    edge = np.minimum(np.arange(len(samples)) / 80, 1)
    samples *= edge * edge[::-1]
    samples[len(samples) * 6 // 10 : len(samples) * 7 // 10] = 0
    first, data = adpcm.encode(samples.astype(np.int16))
    return packfile.Clip(name, speed, first, data, len(samples))


CLIPS = {
    each.name: each
    for each in (clip("one", 0.5), clip("two", 0.4), clip("code", 1.2), clip("twin", 0.8))
}
TWIN = clip("other", 0.8, begins_like="twin 3")
RECOGNISER = Recogniser([*CLIPS.values(), TWIN])


def played(*names: str, gain: int = 256, pause: np.ndarray = PAUSE) -> np.ndarray:
    pieces = [pause]
    for name in names:
        samples = (TWIN if name == "other" else CLIPS[name]).samples().astype(np.int32)
        pieces += [(samples * gain >> 8).astype(np.int16), pause]
    return np.concatenate(pieces)


@pytest.mark.parametrize("gain", [256, 64, 16])
def test_clips_are_recognised_at_every_volume(gain: int):
    assert RECOGNISER.names(played("code", "one", "one", "two", gain=gain)) == [
        "code",
        "one",
        "one",
        "two",
    ]


def test_places_and_speeds_are_told():
    found = RECOGNISER.found(played("two", "one"))
    assert [(each.name, each.speed, each.start) for each in found] == [
        ("two", 3, 1600),
        ("one", 3, 1600 + 6400 + 1600),
    ]


def test_clips_that_begin_alike_are_told_apart():
    assert RECOGNISER.names(played("twin", "other", "twin")) == ["twin", "other", "twin"]


def test_an_interrupted_clip_is_unknown_and_what_follows_is_not():
    cut = played("code")[: len(PAUSE) + RATE // 2]
    assert RECOGNISER.names(np.concatenate((cut, played("one")))) == [UNKNOWN, "one"]


def test_silence_contains_no_clip():
    assert RECOGNISER.names(np.zeros(RATE, np.int16)) == []
    assert RECOGNISER.names([]) == []
