"""A kodeoplæser on the bench, with fingers for its keys and ears for what it says. Times are
virtual seconds."""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from emulator.sound import SILENT
from host_tools.voice import packfile, store
from host_tools.voice.recognition.clips import Found, Recogniser
from tests.support.emulated.token import TokenUnderTest

LANGUAGES = ("da", "en")
_QUIET = 1.3  # longer than any pause in what is said


class Clip(NamedTuple):
    """A clip that was heard from `start` to `end`, as the emulator's `elapsed` counts."""

    name: str
    speed: int
    start: float
    end: float


@cache
def recogniser(languages: tuple[str, ...] = LANGUAGES) -> Recogniser:
    """Know the clips of these languages."""
    return Recogniser([clip for name in languages for clip in packfile.load(store.pack(name))[1]])


class SpeakingToken(TokenUnderTest):
    """A bench with ears."""

    def tap(self, key: str, seconds: float = 0.12) -> float:
        """Press a key; give the moment of the press."""
        moment = self.emulator.elapsed
        self.emulator.press_key(key, seconds * 1000)
        return moment

    def chord(self, key: str) -> float:
        """Hold red and tap a key."""
        self.emulator.key_down("red")
        self.emulator.advance(0.06)
        moment = self.tap(key)
        self.emulator.key_up("red")
        return moment

    def function(self, key: str) -> float:
        """Press red twice and then a key, one after another."""
        self.tap("red")
        self.tap("red")
        return self.tap(key)

    def until_quiet(self) -> None:
        """Wait until nothing has been said for longer than any pause lasts."""
        self.emulator.advance(1)
        while self.emulator.audio(self.emulator.elapsed - _QUIET).onset() is not None:
            self.emulator.advance(0.5)

    def hear_out(self, since: float) -> list[str]:
        """Wait until all has been said since a moment; the clips that were heard."""
        self.until_quiet()
        return [clip.name for clip in self.clips(since)]

    def clips(
        self, since: float, until: float | None = None, languages: Sequence[str] = LANGUAGES
    ) -> list[Clip]:
        """Give the clips that were heard from a moment on, with their times."""
        heard = self.emulator.audio(since, until)

        def timed(found: Found) -> Clip:
            return Clip(
                found.name,
                found.speed,
                since + found.start / heard.rate,
                since + found.end / heard.rate,
            )

        return [timed(found) for found in recogniser(tuple(languages)).found(heard.samples)]

    def samples(self, since: float, until: float | None = None) -> np.ndarray:
        """Give what was heard, 16 bits, 16000 a second."""
        return np.array(self.emulator.audio(since, until).samples, np.int16)


def stretches(token: SpeakingToken, since: float, gap: float) -> list[tuple[float, float]]:
    """Stretches of sound with at least so much silence between them, in seconds."""
    heard = token.emulator.audio(since)
    loud = np.flatnonzero(np.abs(np.array(heard.samples, np.int32)) > SILENT)
    if not loud.size:
        return []
    breaks = np.flatnonzero(np.diff(loud) >= gap * heard.rate)
    starts = loud[np.concatenate(([0], breaks + 1))]
    ends = loud[np.concatenate((breaks, [loud.size - 1]))]
    return [
        (since + start / heard.rate, since + end / heard.rate)
        for start, end in zip(starts, ends, strict=True)
    ]
