"""Reading a code as a user does: from the pixels of the display, and from the sound of a token that
speaks."""

from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from host_tools.voice import packfile, store
from host_tools.voice.recognition.clips import Found, Recogniser
from host_tools.voice.recognition.digits import digits_in

if TYPE_CHECKING:
    from emulator.sound import Heard

_MARGIN = 0.1  # seconds of sound that the listener gets before the first digit and after the last


@dataclass(frozen=True)
class Spoken:
    """What was said. `clips` are the names of the voice pack's clips one after another.

    `played` is the code by the clips themselves, `understood` the code as a listener writes it down
    who has never heard this voice (listener.py). None: no code was heard.
    """

    clips: tuple[str, ...]
    played: str | None
    understood: str | None


@dataclass(frozen=True)
class Reading:
    """What a press gave: the code by each sense, when, and the files that show it (None: not
    kept)."""

    pressed_at: float  # by the world
    shown: str | None
    lines: tuple[str, ...]  # all text on the display
    spoken: Spoken | None  # of a token that speaks
    picture: Path | None = None
    sound: Path | None = None

    def code(self) -> str | None:
        """Give the code when every sense gives the same, else None."""
        codes = {self.shown}
        if self.spoken is not None:
            codes |= {self.spoken.played, self.spoken.understood}
        return codes.pop() if len(codes) == 1 else None


def shown_code(lines: list[str]) -> str | None:
    """Give the one line of a display that is nothing but digits and gaps, without the gaps; None
    when there is none."""
    numbers = [line.replace(" ", "") for line in lines if line.replace(" ", "").isdigit()]
    return numbers[0] if len(numbers) == 1 else None


def listen(heard: "Heard", language: str) -> Spoken:
    """Understand what a token said in `language` ("da", "en") after its introduction to a code."""
    samples = np.asarray(heard.samples, np.int16)
    found = _recogniser(language).found(samples)
    digits = _code(found)
    names = tuple(clip.name for clip in found)
    if not digits:
        return Spoken(names, None, None)
    margin = round(_MARGIN * heard.rate)
    cut = samples[max(0, digits[0].start - margin) : digits[-1].end + margin]
    return Spoken(names, "".join(clip.name for clip in digits), digits_in(cut, language))


def _code(found: list[Found]) -> list[Found]:
    """Give the digits that follow the words "the code is"."""
    for place, clip in enumerate(found):
        if clip.name == "code":
            return list(
                takewhile(
                    lambda clip: len(clip.name) == 1 and clip.name.isdigit(), found[place + 1 :]
                )
            )
    return []


@cache
def _recogniser(language: str) -> Recogniser:
    return Recogniser(packfile.load(store.pack(language))[1])
