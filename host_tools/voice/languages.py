"""How each language is spoken: its voices and rates. What is said stands in
firmware/speech/phrases_*.py.

Danish `da+f5` was the variant whose digits were misheard least, at 150 words a minute: slower and
faster, "tre" comes nearer to "fire" (`make listen`). `en+f5` is its like in English and takes more
words a minute for digits of the same length.
"""

import importlib
from dataclasses import dataclass
from typing import Any

from host_tools.errors import ExitCode, KodebrikError

SPEEDS = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Voice:
    """A synthesiser's voice, the words a minute at which it says digits at each speed, and the ones
    for phrases.

    Speeds 2 and 3 share their digits and differ in the pauses between them, which takes a fifth off
    the digits' flash.
    """

    name: str
    digits: tuple[int, ...]
    phrases: int


VOICES = {
    "da": Voice("da+f5", (125, 150, 150, 195, 255), 166),
    "en": Voice("en+f5", (165, 195, 195, 250, 300), 188),
    "kl": Voice("kl+f5", (), 165),
}
# How much longer a phrase lasts at each speed than as the voice said it.
PHRASE_FACTORS = (1.35, 1.15, 1.0, 0.85, 0.7)


@dataclass(frozen=True)
class Language:
    """One language: its phrases (key -> text), who says them, and who says the digits."""

    name: str
    phrases: dict[str, str]
    voice: Voice
    digit_voice: Voice
    reviewed: bool


def load(name: str) -> Language:
    """Give the language `name`; KodebrikError when there is none."""
    if name not in VOICES:
        raise KodebrikError(
            f"There is no language '{name}'.",
            f"Choose one of: {', '.join(sorted(VOICES))}.",
            ExitCode.USAGE,
        )
    said: Any = importlib.import_module(f"firmware.speech.phrases_{name}")
    return Language(name, dict(said.PHRASES), VOICES[name], VOICES[said.DIGITS], said.REVIEWED)
