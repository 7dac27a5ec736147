"""A kodeoplæser under test: its keys, and its speech by clips and samples. Times are virtual
seconds."""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import pytest

from emulator.session import Emulator
from emulator.sound import SILENT
from host_tools.voice import packfile, store
from host_tools.voice.recognition.clips import UNKNOWN, Found, Recogniser
from tests.support.emulated.token import TokenUnderTest

LANGUAGES = ("da", "en")
_TICK = 0.07  # seconds; the tone that tells that red is down is shorter
_QUIET = 1.3  # seconds, longer than any pause within an announcement


class Clip(NamedTuple):
    """A clip that sounded from `start` to `end`, in terms of the emulator's `elapsed`."""

    name: str
    speed: int
    start: float
    end: float


@cache
def recogniser(languages: tuple[str, ...] = LANGUAGES) -> Recogniser:
    """Give a recogniser of the clips of `languages`, and of the letters of images."""
    packs = [*map(store.pack, languages), store.letters(LANGUAGES[0])]
    return Recogniser([clip for pack in packs for clip in packfile.load(pack)[1]])


class SpeakingToken(TokenUnderTest):
    """A token under test that speaks."""

    def tap(self, key: str, seconds: float = 0.12) -> float:
        """Press a key for `seconds`; give the time of the press (`elapsed`)."""
        moment = self.emulator.elapsed
        self.emulator.press_key(key, seconds * 1000)
        return moment

    def chord(self, key: str) -> float:
        """Hold red and tap a key; give the time of the tap."""
        self.emulator.key_down("red")
        self.emulator.advance(0.06)
        moment = self.tap(key)
        self.emulator.key_up("red")
        return moment

    def function(self, key: str) -> float:
        """Press red twice and then a key; give the time of the last press."""
        self.tap("red")
        self.tap("red")
        return self.tap(key)

    def until_quiet(self) -> None:
        """Wait until the speech has ended."""
        self.emulator.advance(1)
        while self.emulator.audio(self.emulator.elapsed - _QUIET).onset() is not None:
            self.emulator.advance(0.5)

    def clips_until_quiet(self, since: float) -> list[str]:
        """Wait until the speech has ended; give the names of the clips heard from `since` on."""
        self.until_quiet()
        return [clip.name for clip in self.clips(since)]

    def clips(
        self, since: float, until: float | None = None, languages: Sequence[str] = LANGUAGES
    ) -> list[Clip]:
        """Give the clips heard from `since` to `until` (default: now)."""
        heard = self.emulator.audio(since, until)

        def timed(found: Found) -> Clip:
            return Clip(
                found.name,
                found.speed,
                since + found.start / heard.rate,
                since + found.end / heard.rate,
            )

        found = [timed(each) for each in recogniser(tuple(languages)).found(heard.samples)]
        return [clip for clip in found if clip.name != UNKNOWN or not self._ticks(clip)]

    def _ticks(self, clip: Clip) -> bool:
        """Say whether that is one tone, or several with silence between them, and no speech."""
        found = stretches(self, clip.start, _TICK)
        return all(end - start <= _TICK for start, end in found if start < clip.end)

    def samples(self, since: float, until: float | None = None) -> np.ndarray:
        """Give the samples heard, 16 bits, 16000 a second."""
        return np.array(self.emulator.audio(since, until).samples, np.int16)


def stretches(token: SpeakingToken, since: float, gap: float) -> list[tuple[float, float]]:
    """Give (start, end) of each stretch of sound; stretches are separated by at least `gap` seconds
    of silence."""
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


def forbid_display(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every reading of an emulated display an error."""

    def look(*_: object, **__: object) -> None:
        pytest.fail("This step needs the display.")

    for way in ("screen", "screen_text"):
        monkeypatch.setattr(Emulator, way, look)


def payment_read_back(amount: str, payee: str) -> list[str]:
    """Give what is heard before a payment is approved."""
    paid = ["amount", *amount, "payee", *payee]
    return ["is_right", *paid, "hash", "right", "star", "try_again"]
