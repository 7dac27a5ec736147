"""The mirror: all that is said is on the display while it is said, and all that is on the display has been said.

What is said comes from the samples (clips of the voice pack, as the phrases word them), what is shown from the pixels.
"""

import re
from importlib import import_module
from typing import NamedTuple

import numpy as np
import pytest

from emulator.screen import Screen
from emulator.text import read_text
from firmware.products.kodeoplaeser import PRODUCT
from host_tools.voice import languages
from tests.e2e.bench import SECRET, START, hotp
from tests.e2e.speaker import LANGUAGES, Clip, Speaker

DIGITS, SMALLER = (import_module(f"firmware.products.fonts.{PRODUCT['code_fonts'][n]}") for n in (6, 8))
FONTS = [DIGITS, SMALLER, import_module(f"firmware.products.fonts.{PRODUCT['text_font']}")]
_LOOK = 0.1  # seconds between two looks at the display
_SILENCE = 2.2  # seconds; longer than any pause, and than 0 is held for the names of the keys
_REACTION = 0.25  # seconds by which the display may be behind the voice: it is drawn anew ten times a second


class Frame(NamedTuple):
    """What stood on the display from a moment on, and which digit of it was marked."""

    since: float
    text: str
    marked: str


def watch(token: Speaker, since: float) -> list[Frame]:
    """Look at the display until all has been said."""
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


def read(screen: Screen) -> tuple[str, str]:
    """The text of a screen, and the digit in it that is marked by being the other way round, "" when none is."""
    ink = screen.ink_on_paper()
    height = DIGITS.height()
    pixels = np.frombuffer(ink.data, np.uint8).reshape(ink.height, ink.width)
    # A marked cell has paper around its digit, hence columns of nothing but ink as high as a cell.
    runs = np.lib.stride_tricks.sliding_window_view(pixels, height, axis=0).all(axis=2)
    plain = " ".join(read_text(ink, FONTS))
    for top in np.flatnonzero(runs.any(axis=1)):
        columns = np.flatnonzero(runs[top])
        cell = (slice(top, top + height), slice(columns[0], columns[-1] + 1))
        turned = pixels.copy()
        turned[cell] ^= 1
        text = " ".join(read_text(Screen(ink.width, ink.height, turned.tobytes()), FONTS))
        if len(words(text)) > len(words(plain)):
            alone = np.zeros_like(pixels)
            alone[cell] = turned[cell]
            return text, "".join(read_text(Screen(ink.width, ink.height, alone.tobytes()), FONTS))
    return plain, ""


def words(text: str) -> list[str]:
    """Words and single digits, in small letters, without full stops."""
    return re.findall(r"[^\W\d]+|\d", text.lower())


class Mirror:
    """Compares, in one language, what is said with what is shown, over everything since the token was turned on."""

    def __init__(self, token: Speaker, language: str) -> None:
        self.token, self.language = token, language
        self.phrases = languages.load(language).phrases
        self.said: set[str] = set()

    def check(self, since: float, marks: bool = False) -> list[str]:
        """Let a step be heard out; the clips. AssertionError when the display and the voice disagree.

        With `marks`, the digit that is said is the one that is marked.
        """
        frames = watch(self.token, since)
        clips = self.token.clips(since, languages=[self.language])
        for clip in clips:
            self._is_shown(clip, frames, marks)
            self.said.update(words(self._text(clip.name)))
        shown = frames[-1].text
        countdown = self.phrases["seconds_left"]
        if countdown in shown:  # it goes on after it was said, until its end is said
            shown = shown[: shown.index(countdown) + len(countdown)]
        unsaid = [word for word in words(shown) if word not in self.said]
        assert not unsaid, f"shown and never said: {unsaid} of {shown!r}, after {[clip.name for clip in clips]}"
        return [clip.name for clip in clips]

    def _text(self, clip: str) -> str:
        return clip if clip.isdigit() else self.phrases[clip]

    def _is_shown(self, clip: Clip, frames: list[Frame], marks: bool) -> None:
        assert clip.name in self.phrases, f"{clip} is none of the {self.language} phrases"
        if clip.name == "point":
            return  # in a version, shown as a full stop
        ends = [frame.since for frame in frames[1:]] + [float("inf")]
        during = [frame for frame, end in zip(frames, ends, strict=True)
                  if frame.since <= clip.end + _REACTION and end >= clip.start - _REACTION]  # fmt: skip
        wanted = words(self._text(clip.name))
        assert any(contains(words(frame.text), wanted) for frame in during), f"said and not shown: {clip}, but {during}"
        if marks and clip.name.isdigit():
            assert clip.name in [frame.marked for frame in during], f"said and not marked: {clip}, but {during}"


def contains(text: list[str], phrase: list[str]) -> bool:
    return any(text[at : at + len(phrase)] == phrase for at in range(len(text) - len(phrase) + 1))


@pytest.fixture(params=LANGUAGES)
def mirror(token: Speaker, request: pytest.FixtureRequest) -> Mirror:
    session = token.connect()
    session.write_settings({"language": request.param})
    session.put_credential(hotp("Arbejde", SECRET[::-1], digits=8))
    token.emulator.unplug()
    token.emulator.set_time(START + 7201)
    token.emulator.advance(1)
    return Mirror(token, request.param)


@pytest.mark.clause("display: mirror", "5.1.3.1", "5.1.5", "5.1.3.3", "5.1.3.14", "5.1.3.6")
def test_functions_say_what_they_show(mirror: Mirror):
    token = mirror.token
    assert mirror.check(token.tap("red"))
    for key in "0123456*#":
        assert mirror.check(token.chord(key)), key
    assert mirror.check(token.function("8"))
    assert mirror.check(token.tap("9")), "which means nothing here"
    token.tap("red")
    assert mirror.check(token.tap("red"))
    for setting, down, up in (("volume", "1", "3"), ("speed", "4", "6")):
        token.chord(down)
        for _ in range(8):
            heard = mirror.token.tap(down)
        assert "lowest" in mirror.check(heard), setting
        for _ in range(8):
            heard = mirror.token.tap(up)
        assert "highest" in mirror.check(heard), setting


@pytest.mark.clause("display: mirror", "5.1.3.14", "5.6.1", "5.6.2")
def test_a_language_is_said_and_shown_in_its_own_words(token: Speaker):
    token.tap("red")
    for language in ("en", "da"):
        mirror = Mirror(token, language)
        assert mirror.check(token.chord("9"))[-2:] == ["language", "language_name"]


@pytest.mark.clause("display: mirror", "5.1.3.1", "5.1.5", "5.5.2")
def test_key_names_are_said_as_they_are_shown(mirror: Mirror):
    token = mirror.token
    mirror.check(token.tap("red"))
    moment = token.emulator.elapsed
    token.emulator.key_down("0")
    assert "explore" in mirror.check(moment)
    token.emulator.key_up("0")
    for key in ("red", *"0123456789*#"):
        assert len(mirror.check(token.tap(key))) >= 2, key


@pytest.mark.clause("display: mirror", "5.1.3.1", "5.1.5", "keys: check-back", "keys: own pace")
def test_typing_and_own_pace_say_what_they_show(mirror: Mirror):
    token = mirror.token
    code = "".join(clip for clip in mirror.check(token.tap("red"))[1:] if clip.isdigit())[1:7]
    for key in code[:3] + str((int(code[3]) + 1) % 10) + code[4:] + code[:2] + "*" + code:
        assert mirror.check(token.tap(key)), key
    mirror.check(token.chord("2"))
    for key in "6666664455":
        assert mirror.check(token.tap(key), marks=True), key


TROUBLES = ("clock lost", "blocked", "no account", "low battery")


@pytest.mark.clause("display: mirror", "5.1.3.1", "5.1.5", "5.1.3.15", "speech: errors")
@pytest.mark.parametrize("trouble", TROUBLES)
def test_troubles_are_said_as_they_are_shown(mirror: Mirror, trouble: str):
    token = mirror.token
    if trouble == "clock lost":
        token.emulator.remove_rtc_supply()
    elif trouble == "low battery":
        token.emulator.battery_mv = 3300
    else:
        session = token.connect()
        if trouble == "blocked":
            session.block()
        else:
            session.remove_account("Bank")
            session.remove_account("Arbejde")
        token.emulator.unplug()
        token.emulator.advance(62)
    assert mirror.check(token.tap("red"))
    assert mirror.check(token.chord("5"))


@pytest.mark.clause("display: mirror", "code: pinned", "5.1.3.6")
def test_the_end_of_a_code_is_said_and_shown(token: Speaker):
    mirror = Mirror(token, "da")
    mirror.check(token.tap("red"))
    moment = token.emulator.elapsed
    token.emulator.advance(29 - token.emulator.now % 30)
    assert mirror.check(moment) == ["expired", "press_red"]


def test_the_mirror_sees_what_is_missing(token: Speaker):
    mirror = Mirror(token, "da")
    mirror.check(token.tap("red"))
    mirror.phrases = {**mirror.phrases, "status": "Tilstand."}
    with pytest.raises(AssertionError, match="said and not shown"):
        mirror.check(token.chord("5"))
    mirror = Mirror(token, "da")
    with pytest.raises(AssertionError, match="shown and never said"):
        mirror.check(token.chord("2"))
