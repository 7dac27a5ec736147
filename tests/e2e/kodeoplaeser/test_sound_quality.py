"""The quality of the kodeoplæser's sound, measured on its samples: level, peaks, clicks.

Loudness and true peak are those of ITU-R BS.1770-4. A click is a discontinuity of the waveform. At
a clip's edges, next to silence, the step itself is measured. Inside, where cuts speed the voice up
or slow it down, it is the second difference at a cut relative to those around it; speech without
cuts gives the share of high values that occurs naturally.
"""

from functools import cache

import numpy as np
import pytest

from host_tools.voice import levels as sound
from host_tools.voice import packfile, store
from tests.support.emulated.kodeoplaeser import LANGUAGES, Clip, SpeakingToken
from tests.support.emulated.token import hotp

FULL = 32768
RATE = 16_000
FADE = 64  # samples over which a cut goes over, see host_tools/voice/time_scale.py
_AROUND = RATE // 100
_ROUNDING = 30 / FULL
_EDGE = 0.005  # of full scale, -46 dB
LOUDEST = 9
WAYS = [(1, 9), (2, 3), (3, 1), (4, 6), (5, 9)]  # speed and volume


def speaking(
    token: SpeakingToken, language: str, speed: int, volume: int
) -> tuple[np.ndarray, list[Clip]]:
    """Have code, status and serial number said; return samples (1: full scale) and clips."""
    token.connect().write_settings({"language": language, "speed": speed, "volume": volume})
    token.emulator.unplug()
    token.emulator.advance(62)
    start = token.tap("red")
    token.until_quiet()
    for key in "58":
        token.chord(key)
        token.until_quiet()
    clips = token.clips(start, languages=[language])
    moved = [clip._replace(start=clip.start - start, end=clip.end - start) for clip in clips]
    return token.samples(start) / FULL, moved


@pytest.fixture
def counting(blank: SpeakingToken) -> SpeakingToken:
    """Start a token with an HOTP account."""
    blank.provision(hotp())
    return blank


def part(samples: np.ndarray, clip: Clip) -> np.ndarray:
    return samples[round(clip.start * RATE) : round(clip.end * RATE)]


def bends(samples: np.ndarray, place: int) -> float:
    """Return the largest second difference in the FADE samples from `place`, relative to those
    around."""
    bend = np.abs(np.diff(samples, 2))
    first, last = max(0, place - 2), place + FADE
    around = np.concatenate([bend[max(0, first - _AROUND) : first], bend[last : last + _AROUND]])
    # The third sharpest, so that one burst around hides nothing. Near silence each bit of rounding
    # is a bend.
    return float(bend[first:last].max() / (np.sort(around)[-3] + _ROUNDING))


def sharp(values: list[float], language: str) -> float:
    """Return the share of values above the 99th percentile of those of speech without cuts."""
    return float(np.mean(np.array(values) > np.quantile(natural(language), 0.99)))


@cache
def natural(language: str) -> list[float]:
    """Return the values of all clips without cuts."""
    waves = [clip.samples() / FULL for clip in pack(language).values() if not clip.cuts]
    return [bends(wave, place) for wave in waves for place in range(200, len(wave) - 300, FADE)]


@cache
def pack(language: str) -> dict[tuple[str, int], packfile.Clip]:
    return {(clip.name, clip.speed): clip for clip in packfile.load(store.pack(language))[1]}


def cut_places(clip: packfile.Clip) -> list[int]:
    """Return the samples of a clip, as played, at which its cuts are."""
    places, at = [], 0
    for straight, _ in clip.cuts:
        places.append(at + straight)
        at += straight + FADE
    return places


@pytest.mark.clause("speech: level")
@pytest.mark.parametrize("language", LANGUAGES)
def test_clips_that_are_heard_lie_within_1_lu_and_1_db_under_full_scale(
    counting: SpeakingToken, language: str
):
    levels = {}
    for speed in (1, 3, 5):
        samples, clips = speaking(counting, language, speed, LOUDEST)
        assert len({clip.name for clip in clips}) > 12
        levels |= {(clip.name, speed): sound.loudness(part(samples, clip)) for clip in clips}
        assert sound.true_peak(samples) <= -1
    spread = max(levels.values()) - min(levels.values())
    assert spread <= 1, sorted(levels.items(), key=lambda item: item[1])


@pytest.mark.clause("speech: clicks")
@pytest.mark.parametrize(("speed", "volume"), WAYS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_clicks_where_clips_are_joined_or_cut(
    counting: SpeakingToken, language: str, speed: int, volume: int
):
    samples, clips = speaking(counting, language, speed, volume)
    jumps = {clip: np.abs(np.diff(edge)).max() for clip in clips for edge in edges(samples, clip)}
    assert max(jumps.values()) <= _EDGE, jumps
    cuts = [
        bends(part(samples, clip), place)
        for clip in clips
        for place in cut_places(pack(language)[clip.name, clip.speed])
    ]
    assert bool(cuts) == (speed != 3), "the voice's own speed"
    if cuts:
        assert sharp(cuts, language) <= 0.02, "hardly more than in speech that was not cut"


def edges(samples: np.ndarray, clip: Clip) -> list[np.ndarray]:
    """Return the edges of a clip next to silence."""
    return [
        samples[max(0, at - 3) : at + 3]
        for at in (round(clip.start * RATE), round(clip.end * RATE))
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_measure_of_clicks_finds_cuts_that_do_not_fit(language: str):
    dice = np.random.default_rng(1)
    torn = []
    for clip in pack(language).values():
        wave = clip.samples() / FULL
        loud = np.flatnonzero(np.abs(wave) > 0.05)
        loud = loud[(loud > 400) & (loud < len(wave) - 600)]
        if clip.cuts or not loud.size:
            continue
        place, jump = int(dice.choice(loud)), int(dice.integers(40, 200))
        torn.append(bends(np.concatenate([wave[:place], wave[place + jump :]]), place - FADE // 2))
    assert sharp(torn, language) >= 0.08
