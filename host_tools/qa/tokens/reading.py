"""Reading a code as a user does: from the display's pixels and from a speaking token's sound."""

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

MIN_DIGITS = 6  # of a code; fewer count down to one
_MARGIN = 0.1  # seconds of sound around the digits that speech recognition gets


@dataclass(frozen=True)
class Spoken:
    """What was said. `clips` are the names of the voice pack's clips in order.

    `played` is the code by those clips, `understood` the code by speech recognition that does not
    know this voice (host_tools/voice/recognition/digits.py). None: no code was found. `spans` is
    where each digit of `played` begins and ends, in seconds from the beginning of the sound.
    """

    clips: tuple[str, ...]
    played: str | None
    understood: str | None
    spans: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Reading:
    """What a press gave: the code by display and by sound, and files of both (None: not kept)."""

    pressed_at: float  # Unix seconds of the run's time source
    shown: str | None
    lines: tuple[str, ...]  # all text on the display
    spoken: Spoken | None  # None: the token does not speak
    picture: Path | None = None
    sound: Path | None = None

    def code(self) -> str | None:
        """Give the code if display, clips and recognition agree, else None."""
        codes = {self.shown}
        if self.spoken is not None:
            codes |= {self.spoken.played, self.spoken.understood}
        return codes.pop() if len(codes) == 1 else None


def shown_code(lines: list[str]) -> str | None:
    """Give the digits of the one line that holds only digits and spaces, as many as a code has.

    None when there is no such line.
    """
    numbers = [line.replace(" ", "") for line in lines if line.replace(" ", "").isdigit()]
    found = [number for number in numbers if len(number) >= MIN_DIGITS]
    return found[0] if len(found) == 1 else None


def recognise(heard: "Heard", language: str) -> Spoken:
    """Recognise the clips in `heard`, and the digits after "the code is", in "da" or "en"."""
    samples = np.asarray(heard.samples, np.int16)
    found = _recogniser(language).found(samples)
    digits = _code(found)
    names = tuple(clip.name for clip in found)
    if not digits:
        return Spoken(names, None, None)
    margin = round(_MARGIN * heard.rate)
    cut = samples[max(0, digits[0].start - margin) : digits[-1].end + margin]
    spans = tuple((clip.start / heard.rate, clip.end / heard.rate) for clip in digits)
    return Spoken(names, "".join(clip.name for clip in digits), digits_in(cut, language), spans)


def _code(found: list[Found]) -> list[Found]:
    """Give the digits that follow the words "the code is"."""
    for index, clip in enumerate(found):
        if clip.name == "code":
            return list(
                takewhile(
                    lambda clip: len(clip.name) == 1 and clip.name.isdigit(), found[index + 1 :]
                )
            )
    return []


@cache
def _recogniser(language: str) -> Recogniser:
    return Recogniser(packfile.load(store.pack(language))[1])
