"""The conditions of life under which digits are listened to: what a room, a street, a telephone, a
small loudspeaker and an older ear make of them.

A sound is samples from -1 to 1 at levels.RATE. Levels of noise are decibels under the root mean
square of the digit. Everything random comes from the generator that is handed in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from host_tools import interrupts
from host_tools.voice import languages, levels
from host_tools.voice.levels import Sound
from host_tools.voice.synthesis import espeak, espeak_process

_WINDOW = 2 * levels.RATE  # samples that a recogniser hears, with the digit in the middle
_MARGIN = levels.RATE // 20  # samples around a digit that are heard with it, from its neighbours
_ROOM_DB = 30  # how far a quiet room's noise lies under the speech
_TALKERS = 8
_REVERBERATION = 0.8  # seconds in which the sound of a room falls by 60 dB
# Road traffic, the normalised spectrum of EN 1793-3: A-weighted levels of third octaves from 100 Hz
# on, and IEC 61672's A-weighting of the same bands, which is taken off again.
_THIRDS = 100 * 2 ** (np.arange(18) / 3)
_TRAFFIC = np.array(
    (-20, -20, -18, -16, -15, -14, -13, -12, -11, -9, -8, -9, -10, -11, -13, -15, -16, -18)
)
_WEIGHTING = np.array(
    [
        *(-19.1, -16.1, -13.4, -10.9, -8.6, -6.6, -4.8, -3.2, -1.9),
        *(-0.8, 0, 0.6, 1, 1.2, 1.3, 1.2, 1, 0.5),
    ]
)


@dataclass(frozen=True)
class Spoken:
    """A digit between two others, as a token plays them: `start` and `end` are the digit's
    samples."""

    sound: Sound
    start: int
    end: int


Listened = Callable[[Spoken, str, np.random.Generator], Sound]


def in_quiet(spoken: Spoken, _: str, dice: np.random.Generator) -> Sound:
    """In a quiet room: white noise 30 dB under the speech."""
    return _heard(spoken, _ROOM_DB, dice.normal(size=_WINDOW))


def with_hearing_loss(spoken: Spoken, language: str, dice: np.random.Generator) -> Sound:
    """As an old ear hears it: 30 dB less from 2 kHz on."""
    return filtered(
        in_quiet(spoken, language, dice), lambda hertz: np.where(hertz < 2000, 1, 10**-1.5)
    )


def by_telephone(spoken: Spoken, language: str, dice: np.random.Generator) -> Sound:
    """300 to 3,400 Hz, and nothing else."""
    return filtered(in_quiet(spoken, language, dice), lambda hertz: (hertz > 300) & (hertz < 3400))


def by_small_speaker(spoken: Spoken, language: str, dice: np.random.Generator) -> Sound:
    """A loudspeaker of two centimetres: 12 dB an octave below 800 Hz, 6 dB above 5 kHz."""
    played = filtered(
        spoken.sound,
        lambda hertz: 1 / (1 + (800 / np.maximum(hertz, 1)) ** 2) / np.maximum(1, hertz / 5000),
    )
    return in_quiet(Spoken(played, spoken.start, spoken.end), language, dice)


def in_reverberation(spoken: Spoken, language: str, dice: np.random.Generator) -> Sound:
    """In a stairwell: 0.8 s, reflected sound as strong as the direct, also that of the digit
    before."""
    time = np.arange(round(_REVERBERATION * levels.RATE)) / levels.RATE
    tail = dice.normal(size=len(time)) * 10 ** (-3 * time / _REVERBERATION)
    tail[: levels.RATE // 200] = 0
    tail /= np.sqrt((tail**2).sum())
    tail[0] = 1
    size = len(spoken.sound) + len(tail)
    wet = np.fft.irfft(np.fft.rfft(spoken.sound, size) * np.fft.rfft(tail, size), size)
    return in_quiet(Spoken(wet, spoken.start, spoken.end), language, dice)


def in_babble(decibels: float) -> Listened:
    """Among eight people talking, so many decibels under the speech."""

    def listened(spoken: Spoken, language: str, dice: np.random.Generator) -> Sound:
        talkers = _talkers(language)
        noise = np.zeros(_WINDOW)
        for talker in dice.permutation(len(talkers))[:_TALKERS]:
            at = dice.integers(len(talkers[talker]) - _WINDOW)
            noise += talkers[talker][at : at + _WINDOW]
        return _heard(spoken, decibels, noise)

    return listened


def in_street(decibels: float) -> Listened:
    """By a road, so many decibels under the speech."""

    def listened(spoken: Spoken, _: str, dice: np.random.Generator) -> Sound:
        per_band = 10 ** ((_TRAFFIC - _WEIGHTING) / 20) / np.sqrt(_THIRDS)
        noise = filtered(
            dice.normal(size=_WINDOW),
            lambda hertz: np.exp(
                np.interp(np.log(np.maximum(hertz, 1)), np.log(_THIRDS), np.log(per_band))
            ),
        )
        return _heard(spoken, decibels, noise)

    return listened


# In the order in which they are measured.
CONDITIONS: dict[str, Listened] = {
    "hearing loss": with_hearing_loss,
    "quiet": in_quiet,
    "babble 10 dB": in_babble(10),
    "telephone": by_telephone,
    "small speaker": by_small_speaker,
    "reverberation": in_reverberation,
    "street 5 dB": in_street(5),
    "babble 5 dB": in_babble(5),
    "street 10 dB": in_street(10),
    "babble 20 dB": in_babble(20),
    "street 20 dB": in_street(20),
}

# Voices that are no candidates: they talk in the background, and calibrate the recognisers.
OTHER_VOICES = {
    "da": ("da+f1", "da+f2", "da+f3", "da+m1", "da+m2"),
    "en": ("en+f1", "en+f2", "en+f3", "en-us+f1", "en-gb-x-rp+m1"),
}


@cache
def _talkers(language: str) -> list[Sound]:
    """Give what other voices talk, each for some ten seconds: phrases, not digits."""
    phrases = [text for key, text in languages.load(language).phrases.items() if not key.isdigit()]
    jobs = [(voice, rate) for voice in OTHER_VOICES[language] for rate in (150, 180)]

    def talk(number: int) -> Sound:
        voice, rate = jobs[number]
        mixed = np.random.default_rng(number).permutation(phrases)[:24]
        said = espeak.say(" ".join(mixed), voice, rate)
        return levels.normalise(levels.resample(said, espeak_process.RATE))

    with interrupts.threads(2) as pool:
        return list(pool.map(talk, range(len(jobs))))


def _heard(spoken: Spoken, decibels: float, noise: Sound) -> Sound:
    """Give the digit in the middle of a window with noise over all of it."""
    digit = spoken.sound[spoken.start : spoken.end]
    begin, end = spoken.start - _MARGIN, spoken.end + _MARGIN
    window = np.zeros(_WINDOW)
    at = (_WINDOW - (end - begin)) // 2
    window[at : at + end - begin] = spoken.sound[begin:end]
    level = np.sqrt((digit**2).mean()) * 10 ** (-decibels / 20)
    return window + noise * level / np.sqrt((noise**2).mean())


def filtered(sound: Sound, gain: Callable[[Sound], Sound]) -> Sound:
    """Give a sound with the gain of each of its frequencies in hertz."""
    hertz = np.fft.rfftfreq(len(sound), 1 / levels.RATE)
    return np.fft.irfft(np.fft.rfft(sound) * gain(hertz), len(sound))
