"""The languages of voice packs: their synthesiser voices and rates. The phrases themselves are in
firmware/speech/phrases_*.py.

`da+f5` at 150 words a minute had the fewest misheard digits of the Danish variants (`make listen`);
slower or faster, "tre" is more often taken for "fire". `en+f5` is the same variant for English, at
rates that give digits of the same length. The lower voices are the better of two in the listening
chart of docs/voice.md.
"""

import importlib
import string
from dataclasses import dataclass
from typing import Any

from host_tools.errors import ExitCode, KodebrikError

SPEEDS = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Voice:
    """A synthesiser's voice with its rates in words a minute: for digits at each speed, and for
    phrases.

    Speeds 2 and 3 share their digits and differ in the pauses between them, which saves a fifth of
    the digits' flash.
    """

    name: str
    digits: tuple[int, ...]
    phrases: int


HIGHER, LOWER = "higher", "lower"  # what the voices of a language are called
# The voices of each language; the first is the one that tokens have unless another is asked for.
VOICES = {
    "da": {
        HIGHER: Voice("da+f5", (125, 150, 150, 195, 255), 166),
        LOWER: Voice("da", (125, 150, 150, 195, 255), 166),
    },
    "en": {
        HIGHER: Voice("en+f5", (165, 195, 195, 250, 300), 188),
        LOWER: Voice("en+m7", (165, 195, 195, 250, 300), 188),
    },
    "kl": {
        HIGHER: Voice("kl+f5", (), 165),
        LOWER: Voice("kl", (), 165),
    },
}
# The letters that spell an account's name, by the names of their clips, which
# firmware/ui/speaking/names.py knows.
LETTERS = {letter: letter for letter in string.ascii_lowercase} | {"ae": "æ", "oe": "ø", "aa": "å"}
# Length of a phrase at each speed, relative to the synthesised one.
PHRASE_FACTORS = (1.35, 1.15, 1.0, 0.85, 0.7)


@dataclass(frozen=True)
class Language:
    """One language: its phrases (key -> text), and the voices of the phrases and of the digits.

    `reviewed` tells whether a native speaker has reviewed the texts.
    """

    name: str
    phrases: dict[str, str]
    voice: Voice
    digit_voice: Voice
    reviewed: bool


def load(name: str, chosen: str | None = None) -> Language:
    """Give the language `name` in its voice `chosen`, HIGHER or LOWER, by default its first;
    KodebrikError when there is no such language or voice."""
    if name not in VOICES:
        raise KodebrikError(
            "voice-language-unknown",
            ExitCode.USAGE,
            language=name,
            choices=", ".join(sorted(VOICES)),
        )
    voices = VOICES[name]
    if chosen is None:
        chosen = next(iter(voices))
    if chosen not in voices:
        raise KodebrikError(
            "voice-choice-unknown", ExitCode.USAGE, voice=chosen, choices=", ".join(voices)
        )
    module: Any = importlib.import_module(f"firmware.speech.phrases_{name}")
    digit_voice = VOICES[module.DIGITS][chosen]
    return Language(name, dict(module.PHRASES), voices[chosen], digit_voice, module.REVIEWED)


def letters(name: str) -> Language:
    """Give the letters as the language `name` calls them, spoken by the voice of its digits, as a
    language of their own."""
    voice = load(name).digit_voice
    return Language(name, LETTERS, voice, voice, True)
