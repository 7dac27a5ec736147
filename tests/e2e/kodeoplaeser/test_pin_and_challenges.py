"""PIN, challenges and the theme on the whole kodeoplæser, by sound and display.

Vectors: RFC 6287, appendix C.1.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from host_tools.otp.credential import Credential
from host_tools.secret import Secret
from tests.support.emulated.kodeoplaeser import LANGUAGES, SpeakingToken, payment_read_back
from tests.support.emulated.provisioned import Provisioned
from tests.support.emulated.said_and_shown import SaidAndShown
from tests.support.emulated.token import SECRET, hotp
from tests.support.ocra import peer

PIN = "829136"
SUITE = "OCRA-1:HOTP-SHA1-6:QN08"
VECTORS = {"00000000": "237653", "11111111": "243178", "77777777": "224598"}
APPROVED = ("right", "star", "try_again")
CODES = ("755224", "287082", "359152")  # RFC 4226, appendix D


@pytest.fixture(params=LANGUAGES)
def prepared(
    provisioned: Provisioned, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[..., SaidAndShown]]:
    """Return a function that starts a token with accounts, and a PIN if one is given, which is off;
    it gives the token's speech and display."""
    with ExitStack() as stack:

        def start(*credentials: Credential, pin: str | None = None) -> SaidAndShown:
            def prepare(token: SpeakingToken) -> None:
                session = token.provision(*credentials)
                session.write_settings({"language": request.param})
                if pin:
                    session.set_pin(Secret(pin.encode()))
                token.emulator.unplug()
                token.emulator.advance(62)

            kinds = [f"{each.name} {each.suite} {each.entry}" for each in credentials]
            name = re.sub(r"\W+", " ", f"{request.param} {kinds} {pin}")
            token = stack.enter_context(provisioned.token(name, prepare, tmp_path / "token"))
            return SaidAndShown(token, request.param)

        yield start


def typed(mirror: SaidAndShown, keys: str) -> list[str]:
    """Type keys; return what is heard, which must also be shown."""
    return [clip for key in keys for clip in mirror.check(mirror.token.tap(key))]


def challenges(name: str = "Bank", entry: str = "number", suite: str = SUITE) -> Credential:
    return Credential(name, Secret(SECRET), period=None, suite=suite, entry=entry)


@pytest.mark.clause("5.1.3.8", "pin: asked", "pin: private", "display: mirror", "4.2.11")
def test_digits_of_the_pin_are_neither_shown_nor_spoken_and_the_code_follows(
    prepared: Callable[..., SaidAndShown],
):
    mirror = prepared(hotp(), pin=PIN)
    token = mirror.token
    assert mirror.check(token.tap("red")) == ["type", "pin", "hash", "end"]
    for key in PIN:
        assert mirror.check(token.tap(key)) == ["digit"], "the same word for each"
        assert not any(character.isdigit() for character in token.shown())
    assert mirror.check(token.tap("#")) == ["code", *CODES[0]]
    assert mirror.check(token.tap("red")) == ["code", *CODES[1]], (
        "which is asked for once until it is off"
    )
    token.emulator.advance(62)
    assert mirror.check(token.tap("red")) == ["type", "pin", "hash", "end"]


@pytest.mark.clause("5.1.3.8", "pin: private", "5.1.3.9", "4.2.11")
def test_a_headset_hears_the_digits_of_the_pin_and_the_loudspeaker_does_not(
    prepared: Callable[..., SaidAndShown],
):
    mirror = prepared(hotp(), pin=PIN)
    token = mirror.token
    token.emulator.plug_headset()
    token.clips_until_quiet(token.tap("red"))
    since = token.emulator.elapsed
    for key in PIN:
        token.tap(key)
        token.until_quiet()
    assert [clip.name for clip in token.clips(since)] == list(PIN)
    assert not any(token.emulator.audio(since).speaker)
    assert not any(character.isdigit() for character in token.shown())


@pytest.mark.clause("pin: tries", "5.1.3.15", "5.1.5")
def test_wrong_pins_announce_tries_left_and_waiting_times_and_the_right_pin_gives_the_code(
    prepared: Callable[..., SaidAndShown],
):
    mirror = prepared(hotp(), pin=PIN)
    token = mirror.token
    mirror.check(token.tap("red"))
    for left in ("9", "8"):
        typed(mirror, "2468")
        assert mirror.check(token.tap("#")) == [
            "pin",
            "is_wrong",
            "tries_left",
            left,
            "type",
            "pin",
            "hash",
            "end",
        ]
    typed(mirror, "2468")
    assert mirror.check(token.tap("#"))[:5] == ["pin", "is_wrong", "tries_left", "7", "wait"]
    token.emulator.advance(62)
    mirror.check(token.tap("red"))
    typed(mirror, PIN)
    assert mirror.check(token.tap("#")) == ["code", *CODES[0]]


@pytest.mark.clause("pin: tries", "pin: changed", "life: blocked")
def test_the_tenth_wrong_pin_blocks_until_the_issuer_lifts_it(
    prepared: Callable[..., SaidAndShown],
):
    mirror = prepared(hotp(), pin=PIN)
    token = mirror.token
    heard: list[str] = []
    for _ in range(10):
        token.tap("red")
        for key in "2468":
            token.tap(key)
        moment = token.tap("#")
        token.emulator.advance(3)
        heard = [clip.name for clip in token.clips(moment)]
        token.emulator.advance(2500)
    assert heard == ["blocked", "contact_issuer"]
    session = token.connect()
    session.unblock()
    session.set_pin(Secret(b"4071"))
    token.emulator.unplug()
    token.emulator.advance(62)
    mirror.check(token.tap("red"))
    typed(mirror, "4071")
    assert mirror.check(token.tap("#")) == ["code", *CODES[0]]


@pytest.mark.clause("pin: changed", "pin: weak", "5.1.3.15")
def test_the_user_changes_the_pin_by_ear_and_a_weak_one_is_refused(
    prepared: Callable[..., SaidAndShown],
):
    mirror = prepared(hotp(), pin=PIN)
    token = mirror.token
    mirror.check(token.tap("red"))
    assert {"2", "pin"} <= set(mirror.check(token.chord("5")))
    mirror.check(token.tap("2"))
    typed(mirror, PIN)
    assert mirror.check(token.tap("#"))[:2] == ["new_pin", "pin_size"]
    typed(mirror, "1234")
    assert "too_simple" in mirror.check(token.tap("#"))
    for _ in range(2):
        typed(mirror, "50718")
        told = mirror.check(token.tap("#"))
    assert told == ["new_pin", "saved"]
    token.emulator.advance(62)
    mirror.check(token.tap("red"))
    typed(mirror, "50718")
    assert mirror.check(token.tap("#")) == ["code", *CODES[0]]


@pytest.mark.clause("challenge: answered", "challenge: heard", "code: OCRA", "display: mirror")
@pytest.mark.parametrize("number", VECTORS)
def test_a_challenge_is_typed_read_back_confirmed_and_answered(
    prepared: Callable[..., SaidAndShown], number: str
):
    mirror = prepared(challenges())
    token = mirror.token
    assert mirror.check(token.tap("red")) == ["type", "number", "hash", "end"]
    assert typed(mirror, number) == list(number)
    assert mirror.check(token.tap("#")) == [
        "is_right",
        "number",
        *number,
        "hash",
        "right",
        "star",
        "try_again",
    ]
    assert VECTORS[number] not in token.shown().replace(" ", "")
    assert mirror.check(token.tap("#")) == [*APPROVED, "code", *VECTORS[number]]
    assert mirror.check(token.chord("0")) == ["code", *VECTORS[number]]


@pytest.mark.clause("challenge: heard", "challenge: corrected")
def test_the_signed_payment_is_the_one_read_back(prepared: Callable[..., SaidAndShown]):
    suite = "OCRA-1:HOTP-SHA256-8:QA32"
    mirror = prepared(challenges(entry="payment", suite=suite))
    token = mirror.token
    assert mirror.check(token.tap("red"))[:2] == ["type", "amount"]
    typed(mirror, "99**126*50")
    assert mirror.check(token.tap("#"))[:2] == ["type", "payee"]
    typed(mirror, "4071886")
    heard = mirror.check(token.tap("#"))
    assert heard == payment_read_back("1250", "4071886")
    amount = "".join(heard[heard.index("amount") + 1 : heard.index("payee")])
    payee = "".join(heard[heard.index("payee") + 1 : heard.index("hash")])
    answer = peer(SECRET, suite, f"{len(amount)}{amount}{payee}")
    assert mirror.check(token.tap("#")) == [*APPROVED, "code", *answer]


@pytest.mark.clause("5.9", "challenge: answered")
@pytest.mark.parametrize(
    "way", ["red, red, 0", "red 400 ms and 0", "red 300 ms and 3", "red alone", "hash too early"]
)
def test_a_payment_is_signed_by_nothing_but_the_hash_when_all_was_heard(
    prepared: Callable[..., SaidAndShown], way: str
):
    suite = "OCRA-1:HOTP-SHA256-8:QA32"
    mirror = prepared(challenges(entry="payment", suite=suite))
    token = mirror.token
    mirror.check(token.tap("red"))
    typed(mirror, "250")
    mirror.check(token.tap("#"))
    typed(mirror, "4071886")
    asked = payment_read_back("250", "4071886")
    begun = token.tap("#")
    if way == "hash too early":
        token.emulator.advance(2)
        assert mirror.check(token.tap("#")) == asked, "it is read back again"
    else:
        assert mirror.check(begun) == asked
        if way == "red, red, 0":
            moment = token.function("0")
        elif way == "red alone":
            moment = token.tap("red", 1.5)
        else:
            token.emulator.key_down("red")
            token.emulator.advance(0.4 if way.endswith("0") else 0.3)
            moment = token.tap(way[-1])
            token.emulator.key_up("red")
        heard = mirror.check(moment)
        assert heard == (["volume", "7", "is_right"] if way.endswith("3") else asked)
        if way.endswith("3"):
            assert mirror.check(token.tap("#")) == asked, "it was not what was heard last"
    answer = peer(SECRET, suite, "32504071886")
    assert answer not in token.shown().replace(" ", "")
    assert mirror.check(token.tap("#")) == [*APPROVED, "code", *answer]


@pytest.mark.clause("challenge: zero", "challenge: corrected", "5.1.3.15")
def test_an_amount_of_zero_is_refused_and_star_on_an_empty_account_number_leads_back_to_it(
    prepared: Callable[..., SaidAndShown],
):
    mirror = prepared(challenges(entry="payment", suite="OCRA-1:HOTP-SHA256-8:QA32"))
    token = mirror.token
    mirror.check(token.tap("red"))
    typed(mirror, "00")
    refused = ["type", "amount", "not_valid", "0", "0", "star", "clear", "hash", "end"]
    assert mirror.check(token.tap("#")) == refused
    typed(mirror, "5")
    assert mirror.check(token.tap("#")) == ["type", "payee", "star", "amount", "hash", "end"]
    assert mirror.check(token.tap("*")) == ["type", "amount", *"005", "hash", "end"]


@pytest.mark.clause("challenge: corrected")
def test_star_during_the_read_back_leads_back_to_the_entry(prepared: Callable[..., SaidAndShown]):
    mirror = prepared(challenges())
    token = mirror.token
    mirror.check(token.tap("red"))
    typed(mirror, "12345678")
    mirror.check(token.tap("#"))
    assert mirror.check(token.tap("*")) == ["type", "number", *"12345678", "hash", "end"]
    assert mirror.check(token.tap("*")) == ["8", "cleared", "7", "digit", "saved"]
    typed(mirror, "*" * 6 + "1111111")
    mirror.check(token.tap("#"))
    assert mirror.check(token.tap("#")) == [*APPROVED, "code", *VECTORS["11111111"]]


@pytest.mark.clause("keys: theme", "5.2", "5.6.1", "5.6.2", "display: mirror", "4.2.2")
def test_the_theme_is_switched_by_key_announced_shown_and_kept(
    prepared: Callable[..., SaidAndShown],
):
    mirror = prepared(hotp())
    token = mirror.token
    mirror.check(token.tap("red"))
    plain = token.emulator.screen().data
    assert {"1", "theme"} <= set(mirror.check(token.chord("5")))
    assert mirror.check(token.tap("1")) == ["theme", "dark"]
    token.emulator.advance(62)
    mirror.check(token.tap("red"))
    dark = token.emulator.screen().data
    assert dark.count(1) > len(dark) / 2 > plain.count(1)
    token.chord("5")
    assert mirror.check(token.tap("1")) == ["theme", "light"]
