"""The link session against the firmware's own, over a cable that loses and damages frames."""

import os
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.protocol import frames, messages
from host_tools.errors import TOKEN_ERRORS, ExitCode, KodebrikError, TokenError
from host_tools.link.channel import Channel
from host_tools.link.replies import GarbageError
from host_tools.link.session import authenticate, open_session
from host_tools.otp.credential import Credential
from host_tools.secret import Secret
from tests.support.link.fake_token import SERIAL, Token, Wire, World
from tests.support.outcome import error_of

KEY = Secret(bytes(range(32)))
CREDENTIAL = Credential("bank", Secret(b"12345678901234567890"))
COUNTED = Credential("vpn", Secret(b"09876543210987654321"), period=None, counter=7)


@pytest.fixture
def token(tmp_path):
    """A blank token."""
    return Token(tmp_path, World())


@pytest.fixture
def wire(token):
    """The cable between host and token."""
    return Wire(token)


def claimed(wire):
    """A session with a token that was claimed and then given KEY."""
    session = open_session(wire, None, lambda number: number == wire.token.services.numbers[-1])
    session.set_key(messages.KEY_ISSUER, KEY)
    return session


def test_a_blank_token_is_claimed_when_both_numbers_agree(token, wire):
    session = claimed(wire)
    assert token.vault.access_key == KEY.reveal()
    assert len(token.services.numbers[0]) == 6
    assert session.put_credential(CREDENTIAL)
    assert session.hello.serial == SERIAL


def test_nothing_is_written_when_the_operator_sees_another_number(token, wire):
    with pytest.raises(KodebrikError, match="Nothing was written") as caught:
        open_session(wire, None, lambda number: False)
    assert caught.value.exit_code == ExitCode.NOT_CONFIRMED
    assert token.vault.state == messages.BLANK
    assert claimed(wire), "a retry works"


def test_a_number_that_is_typed_when_the_session_has_ended_is_too_late(token, wire, monkeypatch):
    def typed(_number: str) -> bool:
        late = time.monotonic() + messages.SESSION_SILENCE
        monkeypatch.setattr(time, "monotonic", lambda: late)
        return True

    with pytest.raises(KodebrikError, match="More than a minute") as caught:
        open_session(wire, None, typed)
    monkeypatch.undo()
    assert caught.value.exit_code == ExitCode.NOT_CONFIRMED
    assert token.vault.state == messages.BLANK
    assert claimed(wire), "a retry works"


def test_a_man_in_the_middle_gets_another_number(tmp_path, token):
    """With a man in the middle, neither token shows the number that the host expects."""
    honest, attacker = Wire(token), Wire(Token(tmp_path / "other", World()))
    seen: list[str] = []
    for wire in (honest, attacker):
        with pytest.raises(KodebrikError):
            open_session(wire, None, lambda number: bool(seen.append(number)))
    assert seen[0] == token.services.numbers[0]
    assert seen[1] == attacker.token.services.numbers[0] != seen[0]


def test_every_operation_does_what_it_says(token, wire):
    session = claimed(wire)
    session.put_credential(CREDENTIAL)
    session.put_credential(COUNTED)
    accounts = session.accounts()
    assert [(entry.name, entry.kind, entry.period, entry.counter) for entry in accounts] == [
        ("bank", "totp", 30, None),
        ("vpn", "hotp", None, 7),
    ]
    assert accounts[0].fingerprint == session.put_credential(CREDENTIAL)
    session.remove_account("vpn")
    assert len(session.accounts()) == 1
    session.set_clock(1_800_000_000)
    reading = session.read_clock()
    assert not reading.lost
    assert reading.set_at == 1_800_000_000 <= reading.time <= 1_800_000_003
    session.trim_clock(-12)
    assert session.read_clock().aging == -12
    assert session.write_settings({"flip": True, "brightness": 5}) == session.settings()
    assert session.settings() == {
        "flip": True,
        "language": "da",
        "brightness": 5,
        "time_outs": 1,
    }
    assert session.info()["accounts"] == 1
    assert session.selftest()["chacha20poly1305"] is True
    session.block()
    assert token.vault.state == messages.BLOCKED
    session.unblock()
    assert token.vault.state == messages.IN_USE
    session.wipe()
    assert token.vault.state == messages.WIPED


def test_a_wrong_key_is_reported_and_changes_nothing(token, wire):
    claimed(wire)
    with pytest.raises(TokenError) as caught:
        open_session(wire, bytes(32), lambda number: True)
    assert caught.value.number == messages.HANDSHAKE_FAILED
    assert caught.value.exit_code == ExitCode.WRONG_KEY
    assert open_session(wire, KEY.reveal(), lambda number: True).settings(), "a retry works"


def test_the_tokens_refusals_are_errors_with_their_numbers(token, wire):
    session = claimed(wire)
    for refused, number in (
        (lambda: session.remove_account("nobody"), messages.UNKNOWN_ACCOUNT),
        (lambda: session.request(messages.CREDENTIAL_PUT, {}), messages.BAD_ARGUMENT),
        (lambda: session.request(99), messages.UNKNOWN_OPERATION),
        (lambda: session.set_clock(0), messages.BAD_ARGUMENT),
    ):
        with pytest.raises(TokenError) as caught:
            refused()
        assert caught.value.number == number
        assert caught.value.exit_code == TOKEN_ERRORS + number
    assert session.settings(), "the session goes on"


OPERATIONS = [
    lambda session: session.put_credential(CREDENTIAL),
    lambda session: session.put_credential(COUNTED),
    lambda session: session.remove_account("old"),
    lambda session: session.set_key(messages.KEY_ISSUER, Secret(b"n" * 32)),
    lambda session: session.write_settings({"language": "en"}),
    lambda session: session.trim_clock(3),
    lambda session: session.block(),
    lambda session: session.accounts(),
    lambda session: session.read_clock(),
    lambda session: session.info(),
    lambda session: session.wipe(),
]


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("fault", ["lost", "damaged"])
def test_an_answer_that_gets_lost_is_asked_for_again_and_nothing_is_done_twice(
    token, wire, operation, fault
):
    """DESIGN: repeating a request is harmless (idempotent by request id)."""
    session = claimed(wire)
    session.put_credential(Credential("old", CREDENTIAL.secret))
    session.set_clock(1_800_000_000)
    first = wire._answers + 1
    spoilt = {
        "lost": lambda answer: b"",
        "damaged": lambda answer: answer[:5] + bytes([answer[5] ^ 1]) + answer[6:],
    }
    wire.spoil = lambda number, answer: spoilt[fault](answer) if number == first else answer
    operation(session)
    wire.spoil = lambda number, answer: answer
    if token.vault.state != messages.WIPED:
        assert session.settings(), "the session goes on"


def test_a_clock_is_never_set_late(token, wire):
    """After a lost answer to CLOCK_SET the old time must not be set again."""
    session = claimed(wire)
    wire.spoil = lambda number, answer: b""
    with pytest.raises(GarbageError):
        session.set_clock(1_800_000_000)
    wire.spoil = lambda number, answer: answer
    assert session.settings()


def test_a_token_that_never_answers_clearly_ends_in_an_error(token, wire):
    session = claimed(wire)
    hello = session.hello
    wire.spoil = lambda number, answer: (
        answer if len(answer) > 100 else frames.encode(bytes([messages.TRANSPORT, 0, 1]))
    )
    with pytest.raises(GarbageError, match="damaged or not at all"):
        authenticate(Channel(wire), hello, KEY)


def test_a_session_ended_by_silence_is_opened_again(token, wire):
    session = claimed(wire)
    token.services._world.sleep(61)
    assert session.settings()


def test_a_token_that_was_unplugged_and_plugged_in_again_goes_on(token, wire):
    session = claimed(wire)
    token.restart()
    assert session.put_credential(CREDENTIAL)
    assert len(token.vault.credentials) == 1


def test_unplugging_is_reported_and_changes_nothing_on_the_token(token, wire):
    session = claimed(wire)
    wire.plugged = False
    with pytest.raises(KodebrikError, match="unplugged midway") as caught:
        session.put_credential(CREDENTIAL)
    assert caught.value.exit_code == ExitCode.UNPLUGGED
    wire.plugged = True
    token.restart()
    assert not token.vault.credentials
    session = open_session(wire, KEY.reveal(), lambda number: True)
    assert session.put_credential(CREDENTIAL), "a retry works"


def test_another_token_in_the_place_of_the_first_is_noticed(tmp_path, token, wire, monkeypatch):
    session = claimed(wire)
    monkeypatch.setattr("tests.support.link.fake_token.SERIAL", "000000000000")
    token.restart()
    with pytest.raises(GarbageError, match="another token"):
        session.settings()


def test_a_fingerprint_other_than_the_secrets_is_an_error(token, wire, monkeypatch):
    session = claimed(wire)
    monkeypatch.setattr(
        "firmware.link.requests.Requests._fingerprint", lambda self, credential: bytes(8)
    )
    with pytest.raises(KodebrikError, match="fingerprint") as caught:
        session.put_credential(CREDENTIAL)
    assert caught.value.exit_code == ExitCode.CHECK_FAILED


@settings(deadline=None, max_examples=40)
@given(st.binary(max_size=80), st.binary(max_size=80))
def test_garbage_before_a_session_is_ignored(tmp_path_factory, to_token, to_host):
    token = Token(tmp_path_factory.mktemp("token"), World())
    wire = Wire(token)
    wire.write(to_token)
    wire.read(0)
    wire._coming = to_host
    assert claimed(wire).put_credential(CREDENTIAL)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_a_token_that_answers_anything_gives_an_error_and_never_a_crash(tmp_path_factory, data):
    """Answers after the hello are replaced, cut, repeated or left."""
    token = Token(tmp_path_factory.mktemp("token"), World())
    wire = Wire(token)
    claimed(wire)

    def spoil(number, answer):
        payload = frames.Decoder().feed(answer)[0]
        return data.draw(
            st.one_of(
                st.just(answer),
                st.just(answer + answer),
                st.just(answer[: len(answer) // 2]),
                st.binary(max_size=60),
                st.binary(max_size=60).map(lambda body: frames.encode(payload[:1] + body)),
                st.binary(max_size=60).map(frames.encode),
            )
        )

    wire.spoil = spoil

    def store_and_list(wire):
        session = open_session(wire, KEY.reveal(), lambda number: True)
        session.put_credential(CREDENTIAL)
        session.accounts()

    error = error_of(store_and_list, wire)
    assert error is None or error.hint


def test_the_session_shows_no_secret(token, wire):
    session = claimed(wire)
    assert KEY.reveal().hex() not in repr(session) + repr(session.__dict__)
    assert repr(KEY.reveal()) not in repr(session.__dict__)
    assert os.environ.get("KODEBRIK_ISSUER_KEY") is None
