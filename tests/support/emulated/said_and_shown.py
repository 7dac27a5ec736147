"""Comparison of speech and display: all that is said is shown meanwhile, and all shown is said.

Speech is read from the samples (clips of the voice pack and their phrases), the display from its
pixels.
"""

import re
from functools import lru_cache
from importlib import import_module
from typing import NamedTuple

import numpy as np

from emulator.screen import Screen
from emulator.screen_text import read_text
from firmware.products.kodeoplaeser import PRODUCT
from host_tools.voice import languages
from host_tools.voice.languages import LETTERS
from tests.support.emulated.kodeoplaeser import Clip, SpeakingToken

DIGITS, SMALLER = (
    import_module(f"firmware.products.fonts.{PRODUCT['code_fonts'][n]}") for n in (6, 8)
)
FONTS = [DIGITS, SMALLER, import_module(f"firmware.products.fonts.{PRODUCT['text_font']}")]
_LOOK = 0.1  # seconds between two readings of the display
_SILENCE = 2.2  # seconds; longer than any pause, and than 0 is held for the names of the keys
_AFTER_NAME = 0.45  # seconds; between two letters are 0.35 at most
# seconds by which the display may be behind the voice: it is drawn anew ten times a second
_REACTION = 0.25


class Frame(NamedTuple):
    """The display's text from a time on, and its marked digit."""

    since: float
    text: str
    marked: str


def watch(token: SpeakingToken, since: float) -> list[Frame]:
    """Read the display until the speech has ended."""
    frames: list[Frame] = []
    pixels, silent = None, 0.0
    while silent < _SILENCE:
        now = token.emulator.screen()
        if now != pixels:
            pixels = now
            frames.append(Frame(token.emulator.elapsed, *read(now)))
        start = token.emulator.elapsed
        token.emulator.advance(_LOOK)
        silent = 0.0 if token.emulator.audio(start).onset() else silent + _LOOK
    return frames


@lru_cache(1024)  # each check begins with the screen with which the one before ended
def read(screen: Screen) -> tuple[str, str]:
    """Give the text of a screen and its marked (inverted) digit, "" when none is marked."""
    ink = screen.ink_on_paper()
    height = DIGITS.height()
    pixels = np.frombuffer(ink.data, np.uint8).reshape(ink.height, ink.width)
    # A marked cell has paper around its digit: columns of nothing but ink, higher than a digit.
    runs = np.lib.stride_tricks.sliding_window_view(pixels, height, axis=0).all(axis=2)
    plain = " ".join(read_text(ink, FONTS))
    for top in np.flatnonzero(runs.any(axis=1)):
        columns = np.flatnonzero(runs[top])
        end = top + height
        while end < ink.height and pixels[end, columns[0]]:
            end += 1
        cell = (slice(top, end), slice(columns[0], columns[-1] + 1))
        turned = pixels.copy()
        turned[cell] ^= 1
        text = " ".join(read_text(Screen(ink.width, ink.height, turned.tobytes()), FONTS))
        if len(words(text)) > len(words(plain)):
            alone = np.zeros_like(pixels)
            alone[cell] = turned[cell]
            return text, "".join(read_text(Screen(ink.width, ink.height, alone.tobytes()), FONTS))
    return plain, ""


def words(text: str) -> list[str]:
    """Give the words and single digits in lower case, without full stops."""
    return re.findall(r"[^\W\d]+|\d", text.lower())


class SaidAndShown:
    """Compares speech and display in one language, since the token was turned on."""

    def __init__(self, token: SpeakingToken, language: str) -> None:
        self.token, self.language = token, language
        self.phrases = languages.load(language).phrases
        self.said: set[str] = set()

    def check(self, since: float, marks: bool = False) -> list[str]:
        """Wait until the speech has ended and give its clips from `since` on.

        AssertionError when display and speech disagree; with `marks`, also when the marked digit is
        not the one that is said.
        """
        frames = watch(self.token, since)
        clips = self.token.clips(since, languages=[self.language])
        for clip in clips:
            if clip.name not in LETTERS:
                self._is_shown(clip, frames, marks)
                self.said.update(words(self._text(clip.name)))
        for name in spelled(clips):
            assert any(contains(words(frame.text), words(name)) for frame in frames), name
            self.said.update(words(name))
        # A countdown goes on after it was said, until its end is said.
        counting = re.escape(self.phrases["wait"])
        shown = re.sub(rf"({counting}) \d+", r"\1", frames[-1].text)
        unsaid = [word for word in words(shown) if word not in self.said]
        assert not unsaid, (
            f"shown and never said: {unsaid} of {shown!r}, after {[clip.name for clip in clips]}"
        )
        return [clip.name for clip in clips]

    def _text(self, clip: str) -> str:
        return clip if clip.isdigit() else self.phrases[clip]

    def _is_shown(self, clip: Clip, frames: list[Frame], marks: bool) -> None:
        assert clip.name in self.phrases, f"{clip} is none of the {self.language} phrases"
        if clip.name == "point":
            return  # in a version, shown as a full stop
        ends = [frame.since for frame in frames[1:]] + [float("inf")]
        during = [
            frame
            for frame, end in zip(frames, ends, strict=True)
            if frame.since <= clip.end + _REACTION and end >= clip.start - _REACTION
        ]
        wanted = words(self._text(clip.name))
        assert any(contains(words(frame.text), wanted) for frame in during), (
            f"said and not shown: {clip}, but {during}"
        )
        if marks and clip.name.isdigit():
            assert clip.name in [frame.marked for frame in during], (
                f"said and not marked: {clip}, but {during}"
            )


def spelled(clips: list[Clip]) -> list[str]:
    """Give the names that were said letter by letter, each with a longer pause behind it."""
    names: list[str] = []
    end = 0.0
    for clip in clips:
        if clip.name in LETTERS:
            if not names or clip.start - end > _AFTER_NAME:
                names.append("")
            names[-1] += LETTERS[clip.name]
            end = clip.end
    return names


def contains(text: list[str], phrase: list[str]) -> bool:
    return any(text[at : at + len(phrase)] == phrase for at in range(len(text) - len(phrase) + 1))
