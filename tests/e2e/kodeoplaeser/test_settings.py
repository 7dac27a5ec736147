"""Tones and voice, set by ear from the status."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.session import Emulator
from firmware.products.kodeoplaeser import PRODUCT
from host_tools.image import image
from tests.support.emulated.kodeoplaeser import SpeakingToken
from tests.support.emulated.token import START, hotp

WAYS = ["1", "down", "3", "up"]


@pytest.fixture
def counting(blank: SpeakingToken) -> SpeakingToken:
    """Return a token that is off, whose codes do not expire."""
    blank.provision(hotp())
    blank.emulator.unplug()
    blank.emulator.advance(1)
    return blank


@pytest.fixture
def two_voices(tmp_path: Path) -> Iterator[SpeakingToken]:
    """Start a token whose second Danish voice is the English one: the two are told apart."""
    tree = image.build_tree("kodeoplaeser", "pico2")
    tree[PRODUCT["voices"][2].format("da").lstrip("/")] = tree["en.kvp"]
    packed = image.pack(tree, image.load_board("pico2")["filesystem"])
    with Emulator(
        "kodeoplaeser", "pico2", tmp_path / "token", image=packed, time=START
    ) as emulator:
        token = SpeakingToken(emulator)
        token.provision(hotp())
        emulator.unplug()
        emulator.advance(1)
        yield token


def names(token: SpeakingToken, since: float, language: str) -> list[str]:
    """Wait until the speech has ended; give the clips that are of that language's voice."""
    token.until_quiet()
    return [clip.name for clip in token.clips(since, languages=[language]) if clip.name != "?"]


@pytest.mark.clause("keys: sound")
def test_tones_are_turned_off_and_on_by_ear_and_kept(counting: SpeakingToken):
    token = counting
    token.clips_until_quiet(token.tap("red"))
    assert sounds_under_red(token)
    assert token.clips_until_quiet(token.chord("5"))[-3:] == ["8", "tones", "1"]
    assert token.clips_until_quiet(token.tap("8")) == ["tones", "1", *WAYS]
    off = ["tones", "0", *WAYS]
    assert token.clips_until_quiet(token.tap("1")) == off
    assert token.clips_until_quiet(token.tap("#")) == off
    assert not sounds_under_red(token)
    token.emulator.advance(62)
    assert token.connect().settings()["tones"] == 0, "and kept"
    token.emulator.unplug()
    token.emulator.advance(1)
    token.clips_until_quiet(token.tap("red"))
    assert token.clips_until_quiet(token.chord("5"))[-2:] == ["tones", "0"]
    token.clips_until_quiet(token.tap("8"))
    assert token.clips_until_quiet(token.tap("3")) == ["tones", "1", *WAYS]
    assert sounds_under_red(token)


def sounds_under_red(token: SpeakingToken) -> bool:
    """Hold red for half a second; say whether anything sounds meanwhile."""
    token.until_quiet()
    moment = token.emulator.elapsed
    token.emulator.key_down("red")
    token.emulator.advance(0.5)
    sounds = token.emulator.audio(moment).onset() is not None
    token.tap("8")  # a function that changes nothing
    token.emulator.key_up("red")
    token.until_quiet()
    return sounds


@pytest.mark.clause("keys: sound")
def test_the_second_voice_is_chosen_by_ear_and_kept(two_voices: SpeakingToken):
    token = two_voices
    assert names(token, token.tap("red"), "da")[-7] == "code"
    assert names(token, token.chord("5"), "da")[-3:] == ["9", "voice", "1"]
    assert names(token, token.tap("9"), "da") == ["voice", "1", *WAYS]
    assert names(token, token.tap("3"), "en") == ["voice", "2", *WAYS], "in the new voice"
    token.emulator.advance(62)
    assert token.connect().settings()["voice"] == 2
    token.emulator.unplug()
    token.emulator.advance(1)
    assert names(token, token.tap("red"), "en")[-7] == "code"
    assert "Koden er" in token.emulator.screen_text(), "the language stays"
    assert names(token, token.chord("9"), "en") == ["language", "language_name"]
    assert "voice" not in names(token, token.chord("5"), "en"), "English has one voice here"


def test_one_voice_is_no_choice_and_the_second_falls_back_to_it(counting: SpeakingToken):
    token = counting
    session = token.connect()
    session.write_settings({"voice": 2})
    token.emulator.unplug()
    token.emulator.advance(1)
    assert token.clips_until_quiet(token.tap("red"))[-7] == "code"
    assert "voice" not in token.clips_until_quiet(token.chord("5"))
