"""The names of accounts, heard from a whole token: by the clip that came with the account, and by
letters."""

from pathlib import Path

import pytest

from emulator.session import Emulator
from host_tools.image import image
from host_tools.link import spoken_names
from host_tools.link.session import Session
from host_tools.voice import levels, packfile, spoken_name, store
from host_tools.voice.recognition.clips import Recogniser
from tests.support.emulated.kodeoplaeser import SpeakingToken
from tests.support.emulated.token import START, hotp

CODES = ("755224", "287082")  # RFC 4226, appendix D


def give(session: Session, account: str, wish: spoken_names.Wish) -> None:
    """Store an account with its name, as `provision` does."""
    sent = spoken_names.send(session, account, wish)
    session.put_credential(hotp(account))
    spoken_names.keep(session, account, sent)


@pytest.fixture
def named(blank: SpeakingToken) -> SpeakingToken:
    """Return a token that is off, with an account that has a clip and one that has none."""
    session = blank.provision()
    give(session, "Netbank", spoken_names.Wish())
    give(session, "Løn", spoken_names.Wish(spelled=True))
    blank.emulator.unplug()
    blank.emulator.advance(1)
    return blank


def heard(token: SpeakingToken, since: float) -> list[str]:
    """Wait until the speech has ended; give the names of the clips, those of names and letters
    too."""
    token.until_quiet()
    packs = [store.pack("da"), store.letters("da"), spoken_name.synthesised("Netbank", "da")]
    recogniser = Recogniser([clip for pack in packs for clip in packfile.load(pack)[1]])
    return [
        each.name
        for each in recogniser.found(token.emulator.audio(since).samples)
        if each.name != "?"
    ]


@pytest.mark.clause("speech: names")
def test_an_account_is_named_by_its_clip_or_by_letters(named: SpeakingToken):
    token = named
    assert heard(token, token.tap("red"))[-7:] == ["name", *CODES[0]]
    assert token.emulator.screen_text()[0] == "Netbank"
    assert heard(token, token.chord("#"))[-9:] == ["l", "oe", "n", *CODES[0]]
    assert token.emulator.screen_text()[0] == "Løn"
    assert heard(token, token.chord("0"))[-9:] == ["l", "oe", "n", *CODES[0]]


@pytest.mark.clause("speech: names")
@pytest.mark.parametrize("speed", [1, 5])
def test_names_follow_the_speed(named: SpeakingToken, speed: int):
    token = named
    token.connect().write_settings({"speed": speed})
    token.emulator.unplug()
    token.emulator.advance(1)
    assert heard(token, token.tap("red"))[-7:] == ["name", *CODES[0]]
    assert heard(token, token.chord("#"))[-9:] == ["l", "oe", "n", *CODES[0]]


def test_names_are_said_in_the_issuers_language_whatever_is_spoken(named: SpeakingToken):
    token = named
    token.connect().write_settings({"language": "en"})
    token.emulator.unplug()
    token.emulator.advance(1)
    assert heard(token, token.tap("red"))[-1:] == ["name"], "the digits are English"
    assert heard(token, token.chord("#"))[-3:] == ["l", "oe", "n"]


def test_a_key_silences_a_name_within_100_ms(named: SpeakingToken):
    token = named
    moment = token.tap("red")
    while token.emulator.audio(moment + 0.1).onset() is None:
        token.emulator.advance(0.02)
    token.emulator.advance(0.2)
    assert token.emulator.audio(token.emulator.elapsed - 0.05).onset() is not None
    moment = token.tap("8")
    # What the key leads to begins later.
    assert token.emulator.audio(moment + 0.02, moment + 0.04).onset() is None


def test_a_clip_goes_with_its_account_and_a_wiped_token_has_none(named: SpeakingToken):
    token = named
    session = token.connect()
    before = clips(token)
    assert [len(content) > 1000 for content in before] == [True]
    session.remove_account("Netbank")
    assert clips(token) == []
    give(session, "Netbank", spoken_names.Wish())
    assert clips(token) == before
    session.wipe()
    assert clips(token) == []


def clips(token: SpeakingToken) -> list[bytes]:
    """Give the clips of names in the token's flash."""
    content = token.emulator.snapshot().flash
    files = image.unpack(content, image.load_board("pico2")["filesystem"])
    return [
        data
        for path, data in sorted(files.items())
        if path.startswith("data/") and path.endswith(".kvp")
    ]


def test_eight_names_of_0_7_s_fit_beside_two_languages_on_a_pico(tmp_path: Path):
    packed = image.build_image("kodeoplaeser", "pico")
    with Emulator("kodeoplaeser", "pico", tmp_path / "token", image=packed, time=START) as emulator:
        session = SpeakingToken(emulator).provision()
        for number in range(8):
            name = f"Konto {number}"
            clips = packfile.load(spoken_name.synthesised(name, "da"))[1]
            assert clips[2].duration > 0.6 * levels.RATE
            give(session, name, spoken_names.Wish())
        assert all(account.spoken is not None for account in session.accounts())
