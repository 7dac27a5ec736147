"""The listening test: codes are understood from what is heard alone, clean and in noise, at slow to fast speeds.

`spoken` gives the samples; whoever captures them elsewhere, such as from an emulated token's loudspeaker, gives them to
`listener.digits_in` in the same way.
"""

import random

import numpy as np
import pytest
from numpy.typing import NDArray

from firmware.speech import say
from host_tools.qa import listener
from host_tools.voice import packfile, store

LANGUAGES = ("da", "en")
SPEEDS = (1, 3, 5)
CODES = 34  # for each language and speed: 204 in all
NOISE_DB = 20  # how far the noise lies under the speech


@pytest.fixture(scope="session")
def clips() -> dict[tuple[str, str, int], NDArray[np.int16]]:
    """Every clip of both packs by language, name and speed."""
    packs = {language: packfile.load(store.pack(language))[1] for language in LANGUAGES}
    return {(language, clip.name, clip.speed): clip.samples() for language, pack in packs.items() for clip in pack}


def spoken(clips: dict, language: str, code: str, speed: int) -> NDArray:
    """A code as the token says it: its clips with the script's pauses."""
    pieces = []
    for name, pause in say.script([say.grouped(code)], speed):
        pieces += [clips[language, name, speed], np.zeros(16 * pause, np.int16)]
    return np.concatenate(pieces)


def noisy(samples: NDArray, dice: np.random.Generator) -> NDArray:
    """White noise NOISE_DB under the level of the speech without its pauses."""
    speech = samples[samples != 0].astype(np.float64)
    return samples + dice.normal(0, np.sqrt((speech**2).mean()) * 10 ** (-NOISE_DB / 20), len(samples))


def codes(language: str, speed: int) -> list[str]:
    """Random codes; the first ones hold every digit twice."""
    dice = random.Random(f"{language} {speed}")
    digits = list("0123456789" * 2)
    dice.shuffle(digits)
    every = ["".join(digits[at : at + 6]) for at in (0, 6, 12, 14)]
    return [*every, *(f"{dice.randrange(10**6):06d}" for _ in range(CODES - len(every)))]


def errors(said: str, heard: str) -> int:
    """Digits wrong, missing or too many: the edit distance."""
    row = list(range(len(heard) + 1))
    for at, digit in enumerate(said, 1):
        before, row[0] = row[0], at
        for place, other in enumerate(heard, 1):
            before, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, before + (digit != other))
    return row[-1]


@pytest.mark.parametrize("speed", SPEEDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_is_understood(clips: dict, language: str, speed: int):
    misheard = []
    for code in codes(language, speed):
        heard = listener.digits_in(spoken(clips, language, code, speed), language)
        if heard != code:
            misheard.append((code, heard))
    assert not misheard


def test_at_most_2_percent_of_digits_are_misheard_in_noise(clips: dict):
    dice = np.random.default_rng(20)
    said = [(language, speed, code) for language in LANGUAGES for speed in SPEEDS for code in codes(language, speed)]
    wrong = {}
    for language, speed, code in said:
        heard = listener.digits_in(noisy(spoken(clips, language, code, speed), dice), language)
        if heard != code:
            wrong[language, speed, code] = heard
    count = sum(errors(code, heard) for (_, _, code), heard in wrong.items())
    assert count <= 0.02 * 6 * len(said), wrong
    for language in LANGUAGES:
        count = sum(errors(code, heard) for (spoke, _, code), heard in wrong.items() if spoke == language)
        assert count <= 0.02 * 6 * len(said) / len(LANGUAGES), wrong


def test_the_listener_hears_a_wrong_clip(clips: dict):
    swapped = spoken({**clips, ("da", "2", 3): clips["da", "3", 3]}, "da", "274916", 3)
    assert listener.digits_in(swapped, "da") == "374916"
    dropped = spoken({**clips, ("da", "4", 3): clips["da", "4", 3][:0]}, "da", "274916", 3)
    assert listener.digits_in(dropped, "da") == "27916"


def test_silence_holds_no_digit():
    assert listener.digits_in(np.zeros(16000, np.int16), "da") == ""


def test_errors_are_an_edit_distance():
    assert errors("123456", "123456") == 0
    assert errors("123456", "12356") == 1
    assert errors("123456", "1239456") == 1
    assert errors("123456", "") == 6
