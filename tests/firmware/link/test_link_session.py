"""The token's side of the link up to the request: hello, handshake, claim, time-out, repeats,
attacks."""

import hashlib
import os

import cbor2
import pytest
from cryptography.exceptions import InvalidTag

from firmware.protocol import messages as m
from tests.support.link.client import Handshake
from tests.support.link.token import (
    ACCOUNT,
    KEY,
    OTHER_KEY,
    SECRET,
    LinkUnderTest,
    error_of,
    refusal,
)
from tests.support.runtime import Runtime


@pytest.fixture
def token(runtime: Runtime) -> LinkUnderTest:
    """A blank token of the development build."""
    return LinkUnderTest(runtime)


def test_hello_tells_what_the_token_is_and_nothing_else(token):
    hello = token.client().hello()
    assert set(hello) == set(m.HELLO_FIELDS)
    assert hello["product"] == "kodeviser"
    assert hello["board"] == "pico"
    assert hello["protocol"] == m.PROTOCOL_VERSION
    assert hello["build"] == m.DEVELOPMENT
    assert (hello["state"], hello["key"]) == (m.BLANK, m.KEY_NONE)
    assert len(hello["serial"]) == 12


def test_hello_tells_the_state_and_kind_of_key(token):
    token.client().claim(m.KEY_TRANSPORT, KEY)
    hello = token.client().hello()
    assert (hello["state"], hello["key"]) == (m.IN_USE, m.KEY_TRANSPORT)


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        (None, m.BAD_FRAME),
        (b"", m.BAD_MESSAGE),
        (b"\x00", m.BAD_MESSAGE),
        (b"\x05", m.BAD_MESSAGE),
        (b"\x01x", m.BAD_MESSAGE),
        (b"\x02", m.HELLO_FIRST),
        (b"\x02\x00" + bytes(64), m.HELLO_FIRST),
        (b"\x03", m.NO_SESSION),
        (b"\x03" + bytes(40), m.NO_SESSION),
    ],
)
def test_an_invalid_payload_gets_its_error(token, payload, error):
    assert error_of(token.handle(payload)) == error


def test_the_tokens_own_errors_echoed_back_get_silence(token):
    # Otherwise an echoing terminal and the token would answer each other without end.
    echo = token.handle(b"\x05")
    assert token.handle(echo) is None


@pytest.mark.parametrize("body", [b"", b"\x02", b"\x00", b"\x00" + bytes(31), b"\xff" + bytes(64)])
def test_an_invalid_handshake_is_refused(token, body):
    token.client().hello()
    assert error_of(token.handle(b"\x02" + body)) in (m.BAD_MESSAGE, m.HANDSHAKE_FAILED)


def test_a_point_of_small_order_is_refused(token):
    # RFC 7748 section 6.1: the shared secret would be zero whatever the token's key.
    token.client().hello()
    assert error_of(token.handle(b"\x02\x00" + bytes(32) + bytes(32))) == m.HANDSHAKE_FAILED


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_claim_without_a_commitment_of_32_bytes_is_refused(token, size):
    token.client().hello()
    public = Handshake(b"", None, b"").first_message
    assert error_of(token.handle(b"\x02\x00" + public + bytes(size))) == m.BAD_MESSAGE


def test_a_handshake_under_a_key_carries_no_payload(token):
    client = token.owned()
    handshake = Handshake(m.PROLOGUE + client.hello_body, KEY, b"x")
    assert error_of(token.handle(b"\x02\x01" + handshake.first_message)) == m.BAD_MESSAGE


def test_a_key_for_a_token_without_one_is_refused(token):
    assert refusal(token.client().open, KEY) == m.NO_ACCESS_KEY


@pytest.mark.clause("code: clock")
def test_a_claim_of_a_token_with_a_key_is_refused(token):
    token.owned()
    assert refusal(token.client().open) == m.ALREADY_CLAIMED


def test_the_wrong_key_is_refused_and_the_right_one_still_works(token):
    token.owned()
    assert refusal(token.client().open, OTHER_KEY) == m.HANDSHAKE_FAILED
    assert token.client().open(KEY).do(m.INFO)["accounts"] == 0


def test_the_handshake_binds_the_hello(token):
    # An attacker who changes the hello on its way to the host gets no session.
    token.owned()
    client = token.client()
    client.hello()
    handshake = Handshake(m.PROLOGUE + client.hello_body.replace(b"in_use", b"blank!"), KEY, b"")
    assert error_of(token.handle(b"\x02\x01" + handshake.first_message)) == m.HANDSHAKE_FAILED


def test_a_claim_shows_the_number_that_the_host_computes(token):
    client = token.client().open()
    assert token("effects")["shown"] == []
    client.do(m.CLAIM, nonce=client.host_nonce)
    assert token("effects")["shown"] == [client.number]


@pytest.mark.clause("code: clock")
def test_nothing_works_before_the_claim(token):
    client = token.client().open()
    for operation in (*m.OPERATIONS, 99):
        if operation != m.CLAIM:
            assert client.request(operation) == (m.NOT_CLAIMED, {})
    assert token("effects")["saves"] == 0


def test_a_broken_commitment_ends_the_session(token):
    client = token.client().open()
    assert client.request(m.CLAIM, nonce=bytes(16)) == (m.COMMITMENT_BROKEN, {})
    assert refusal(client.request, m.CLAIM, nonce=client.host_nonce) == m.NO_SESSION
    assert token("effects")["shown"] == []


@pytest.mark.parametrize(
    "args", [{}, {"nonce": b""}, {"nonce": "x" * 16}, {"nonce": 5}, {"nonce": bytes(16), "x": 1}]
)
def test_a_claim_of_the_wrong_shape_is_refused_and_can_be_repeated(token, args):
    client = token.client().open()
    assert client.request(m.CLAIM, **args) == (m.BAD_ARGUMENT, {})
    client.do(m.CLAIM, nonce=client.host_nonce)


def test_a_session_is_claimed_once(token):
    client = token.client().open()
    client.do(m.CLAIM, nonce=client.host_nonce)
    assert client.request(m.CLAIM, nonce=client.host_nonce) == (m.ALREADY_CLAIMED, {})
    assert token.owned().request(m.CLAIM, nonce=bytes(16)) == (m.ALREADY_CLAIMED, {})


def test_a_claimed_token_takes_its_key_before_anything_else(token):
    client = token.client().open()
    client.do(m.CLAIM, nonce=client.host_nonce)
    allowed = {m.INFO, m.CLAIM, m.KEY_SET, m.WIPE, m.SELFTEST}
    for operation in set(m.OPERATIONS) - allowed:
        assert client.request(operation) == (m.NO_ACCESS_KEY, {})
    client.do(m.INFO)
    client.do(m.KEY_SET, kind=m.KEY_TRANSPORT, key=KEY)
    client.do(m.CREDENTIAL_PUT, **ACCOUNT)
    assert token("contents")["access_key"] == KEY


def test_a_claim_started_before_the_key_was_set_is_refused_after(token):
    first = token.client().open()
    first.do(m.CLAIM, nonce=first.host_nonce)
    second = token.client().open()
    first.do(m.KEY_SET, kind=m.KEY_ISSUER, key=KEY)
    assert refusal(second.request, m.CLAIM, nonce=second.host_nonce) == m.NO_SESSION


def test_a_session_started_under_the_old_key_is_refused_under_the_new_one(token):
    client = token.owned()
    late = token.client().open(KEY)
    client.do(m.KEY_SET, kind=m.KEY_ISSUER, key=OTHER_KEY)
    assert refusal(late.request, m.INFO) == m.NO_SESSION
    assert refusal(token.client().open, KEY) == m.HANDSHAKE_FAILED
    client.do(m.INFO)
    token.client().open(OTHER_KEY).do(m.INFO)


def test_a_handshake_alone_does_not_end_the_session(token):
    # Also a replayed one: it is valid, but the attacker cannot encrypt the next message.
    client = token.client()
    token.owned()
    seen = []

    def listen(payload):
        seen.append(payload)
        return token.handle(payload)

    client.handle = listen
    client.open(KEY)
    client.do(m.INFO)
    replay = next(payload for payload in seen if payload[0] == m.HANDSHAKE)
    assert token.handle(replay)[0] == m.HANDSHAKE
    assert error_of(token.handle(b"\x03" + bytes(32))) == m.NO_SESSION
    client.do(m.INFO)


def test_a_second_session_takes_over_with_its_first_message(token):
    first, second = token.owned(), token.client().open(KEY)
    first.do(m.INFO)
    second.do(m.INFO)
    assert refusal(first.request, m.INFO) == m.NO_SESSION


def test_a_session_ends_after_a_minute_of_silence(token):
    # The ticks wrap meanwhile.
    client = token.owned()
    for _ in range(3):
        token("pass_time", 59_000)
        client.do(m.INFO)
    token("pass_time", 60_000)
    assert refusal(client.request, m.INFO) == m.NO_SESSION
    token.client().open(KEY).do(m.INFO)


def test_an_unused_handshake_expires_after_a_minute(token):
    token.owned()
    client = token.client().open(KEY)
    token("pass_time", 60_000)
    assert refusal(client.request, m.INFO) == m.NO_SESSION


def test_replayed_and_reordered_messages_are_refused_and_the_session_goes_on(token):
    client = token.owned()
    payload = client.seal(cbor2.dumps({"id": bytes(8), "op": m.BLOCK, "args": {}}, canonical=True))
    later = client.seal(cbor2.dumps({"id": bytes(8), "op": m.INFO, "args": {}}, canonical=True))
    assert error_of(token.handle(later)) == m.NO_SESSION
    client.unseal(token.handle(payload))
    assert error_of(token.handle(payload)) == m.NO_SESSION
    client.unseal(token.handle(later))


def test_a_flipped_bit_anywhere_is_refused(token):
    client = token.owned()
    payload = client.seal(cbor2.dumps({"id": bytes(8), "op": m.INFO, "args": {}}, canonical=True))
    for at in range(1, len(payload)):
        damaged = bytearray(payload)
        damaged[at] ^= 0x04
        assert error_of(token.handle(bytes(damaged))) == m.NO_SESSION
    client.unseal(token.handle(payload))


def test_the_answers_are_not_the_hosts_own_messages(token):
    client = token.owned()
    answer = token.handle(
        client.seal(cbor2.dumps({"id": bytes(8), "op": m.INFO, "args": {}}, canonical=True))
    )
    client.receive_key, client.send_key = client.send_key, client.receive_key
    with pytest.raises(InvalidTag):
        client.unseal(answer)


@pytest.mark.parametrize(
    "plaintext",
    [
        b"",
        b"\xff",
        cbor2.dumps(5),
        cbor2.dumps([]),
        cbor2.dumps({}),
        cbor2.dumps({"id": bytes(8), "op": 1}, canonical=True),
        cbor2.dumps({"id": bytes(8), "op": 1, "args": {}, "more": 1}, canonical=True),
        cbor2.dumps({"id": bytes(7), "op": 1, "args": {}}, canonical=True),
        cbor2.dumps({"id": "12345678", "op": 1, "args": {}}, canonical=True),
        cbor2.dumps({"id": bytes(8), "op": 1, "args": {}}, canonical=True) + b"\0",
    ],
)
def test_a_request_of_the_wrong_shape_is_answered_inside_the_session(token, plaintext):
    client = token.owned()
    assert client.raw(plaintext) == {"id": b"", "error": m.BAD_MESSAGE, "result": {}}
    client.do(m.INFO)


@pytest.mark.parametrize(
    ("operation", "args"), [(True, {}), ("info", {}), (None, {}), (1, []), (1, None)]
)
def test_operation_and_arguments_have_their_types(token, operation, args):
    client = token.owned()
    answer = client.raw(
        cbor2.dumps({"id": bytes(8), "op": operation, "args": args}, canonical=True)
    )
    assert answer == {"id": bytes(8), "error": m.BAD_MESSAGE, "result": {}}


@pytest.mark.parametrize("operation", [0, max(m.OPERATIONS) + 1, 99, -1, 2**64 - 1])
def test_an_unknown_operation_is_refused(token, operation):
    assert token.owned().request(operation) == (m.UNKNOWN_OPERATION, {})


def test_read_code_exists_on_development_builds_alone(runtime):
    token = LinkUnderTest(runtime, m.PRODUCTION)
    client = token.owned()
    assert token.client().hello()["build"] == m.PRODUCTION
    client.do(m.CREDENTIAL_PUT, **ACCOUNT)
    assert client.request(m.READ_CODE, name="bank") == (m.UNKNOWN_OPERATION, {})


def test_a_repeated_request_is_not_done_again(token):
    client = token.owned()
    client.do(m.CREDENTIAL_PUT, name="hotp", secret=SECRET, algorithm="SHA1", digits=6, counter=0)
    request_id = os.urandom(8)
    first = client.request(m.READ_CODE, request_id, name="hotp")
    assert first == (m.OK, {"code": "755224"})
    assert client.request(m.READ_CODE, request_id, name="hotp") == first
    assert token("contents")["credentials"][0]["counter"] == 1
    assert client.request(m.READ_CODE, name="hotp") == (m.OK, {"code": "287082"})


def test_a_request_is_remembered_across_sessions(token):
    # The answer was lost, the host opened another session and asks again.
    client = token.owned()
    request_id = os.urandom(8)
    first = client.request(m.CREDENTIAL_PUT, request_id, **ACCOUNT)
    client.do(m.CREDENTIAL_REMOVE, name="bank")
    client = token.client().open(KEY)
    assert client.request(m.CREDENTIAL_PUT, request_id, **ACCOUNT) == first
    assert token("contents")["credentials"] == []


def test_a_key_that_was_set_answers_the_same_under_the_new_key(token):
    client = token.owned()
    request_id = os.urandom(8)
    client.request(m.KEY_SET, request_id, kind=m.KEY_ISSUER, key=OTHER_KEY)
    client = token.client().open(OTHER_KEY)
    assert client.request(m.KEY_SET, request_id, kind=m.KEY_ISSUER, key=OTHER_KEY) == (m.OK, {})


def test_only_the_last_four_requests_are_remembered(token):
    client = token.owned()
    client.do(m.CREDENTIAL_PUT, name="hotp", secret=SECRET, algorithm="SHA1", digits=6, counter=0)
    ids = [os.urandom(8) for _ in range(5)]
    answers = [client.request(m.READ_CODE, request_id, name="hotp") for request_id in ids]
    for request_id, answer in list(zip(ids, answers, strict=True))[1:]:
        assert client.request(m.READ_CODE, request_id, name="hotp") == answer
    assert client.request(m.READ_CODE, ids[0], name="hotp") not in answers


def test_reading_requests_are_carried_out_again_and_not_kept(token):
    client = token.owned()
    request_id, question = os.urandom(8), os.urandom(8)
    client.request(m.CREDENTIAL_PUT, request_id, **ACCOUNT)
    for accounts in (1, 0):
        for _ in range(5):
            assert client.request(m.INFO, question)[1]["accounts"] == accounts
        client.request(m.CREDENTIAL_REMOVE, name="bank")


def test_the_next_owner_cannot_read_the_answers_to_the_previous_one(token):
    client = token.owned()
    client.do(m.CREDENTIAL_PUT, **ACCOUNT)
    request_id = os.urandom(8)
    client.request(m.READ_CODE, request_id, name="bank")
    client.do(m.WIPE)
    client = token.owned()
    assert client.request(m.READ_CODE, request_id, name="bank") == (m.UNKNOWN_ACCOUNT, {})


def test_a_wiped_token_is_claimable_and_the_session_that_wiped_goes_on(token):
    client = token.owned()
    client.do(m.CREDENTIAL_PUT, **ACCOUNT)
    client.do(m.WIPE)
    hello = token.client().hello()
    assert (hello["state"], hello["key"]) == (m.WIPED, m.KEY_NONE)
    assert client.request(m.CREDENTIAL_LIST) == (m.NO_ACCESS_KEY, {})
    client.do(m.KEY_SET, kind=m.KEY_ISSUER, key=OTHER_KEY)
    assert client.do(m.CREDENTIAL_LIST) == {"accounts": []}
    client.do(m.WIPE)
    token.client().claim(m.KEY_TRANSPORT, KEY)
    assert token("contents")["state"] == m.IN_USE


@pytest.mark.parametrize("how", ["slots", "bit"])
def test_damaged_storage_lets_a_claimed_session_wipe_and_nothing_else(token, how):
    client = token.owned()
    client.do(m.CREDENTIAL_PUT, **ACCOUNT)
    token("damage_storage", how)
    hello = token.client().hello()
    assert (hello["state"], hello["key"]) == (m.DAMAGED, m.KEY_NONE)
    assert refusal(token.client().open, KEY) == m.STORAGE_DAMAGED
    client = token.client().open()
    assert client.request(m.WIPE) == (m.NOT_CLAIMED, {})
    client.do(m.CLAIM, nonce=client.host_nonce)
    allowed = {m.INFO, m.CLAIM, m.WIPE, m.SELFTEST}
    for operation in set(m.OPERATIONS) - allowed:
        assert client.request(operation) == (m.STORAGE_DAMAGED, {})
    assert client.do(m.INFO)["storage"] == "damaged"
    assert client.do(m.SELFTEST)["storage"] is False
    client.do(m.WIPE)
    assert client.do(m.INFO)["storage"] == "ok"
    client.do(m.KEY_SET, kind=m.KEY_ISSUER, key=OTHER_KEY)
    contents = token("contents")
    assert contents["credentials"] == []
    assert contents["access_key"] == OTHER_KEY
    token("restart")
    token.client().open(OTHER_KEY).do(m.INFO)


def test_session_and_hello_do_not_survive_a_restart(token):
    client = token.owned()
    token("restart")
    assert refusal(client.request, m.INFO) == m.NO_SESSION
    assert error_of(token.handle(b"\x02\x01" + bytes(48))) == m.HELLO_FIRST
    token.client().open(KEY).do(m.INFO)


def test_an_internal_fault_is_answered_with_its_kind_and_the_session_goes_on(token):
    client = token.owned()
    token("change", "faulty", True)
    assert client.request(m.SETTINGS_WRITE, flip=True) == (m.INTERNAL, {"exception": "KeyError"})
    token("change", "faulty", False)
    client.do(m.INFO)


def test_an_argument_deep_or_large_beyond_the_bounds_is_a_bad_message(token):
    client = token.owned()
    for args in ({"a": {"b": {"c": {}}}}, {"a": list(range(65))}):
        answer = client.raw(
            cbor2.dumps({"id": bytes(8), "op": m.INFO, "args": args}, canonical=True)
        )
        assert answer["error"] == m.BAD_MESSAGE


def test_the_commitment_is_sha256_of_the_nonce(token):
    client = token.client()
    client.hello()
    nonce = os.urandom(16)
    handshake = Handshake(m.PROLOGUE + client.hello_body, None, hashlib.sha256(nonce).digest())
    assert token.handle(b"\x02\x00" + handshake.first_message)[0] == m.HANDSHAKE


@pytest.mark.clause("life: secrets")
def test_nothing_the_token_says_of_itself_is_secret(token):
    client = token.owned()
    client.do(m.CREDENTIAL_PUT, **ACCOUNT)
    words = token("reprs")
    for secret in (SECRET, KEY, client.send_key):
        assert secret.hex() not in words
        assert repr(secret)[2:-1] not in words
