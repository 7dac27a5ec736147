"""The tokens of a file between reading and importing: as they were added, and unreadable there."""

import gc
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_tools.errors import ExitCode, KodebrikError
from host_tools.exchange.key_package import KeyPackage
from host_tools.exchange.sealed_tokens import SealedTokens, sealed
from host_tools.exchange.token_file import Remarks
from host_tools.messages.catalogue import Message
from host_tools.otp.credential import Credential
from host_tools.secret import Secret

CREDENTIALS = st.builds(
    Credential,
    st.sampled_from(["kodebrik", "tæller", "銀行"]),
    st.binary(min_size=16, max_size=64).map(Secret),
    st.sampled_from(["SHA1", "SHA256", "SHA512"]),
    st.sampled_from([6, 7, 8]),
    st.sampled_from([30, 60]),
) | st.builds(
    lambda secret, counter: Credential("kodebrik", secret, period=None, counter=counter),
    st.binary(min_size=16, max_size=64).map(Secret),
    st.integers(0, 2**63 - 1),
)
TOKENS = st.builds(
    KeyPackage,
    st.text("aZ0-'\"ø", min_size=1, max_size=64),
    CREDENTIALS,
    st.none() | st.just("OCRA-1:HOTP-SHA1-8:C-QN08"),
    st.none() | st.text(max_size=20),
    st.none() | st.text(max_size=20),
    st.none() | st.floats(0, 2**31),
    st.none() | st.floats(0, 200),
)


@given(st.lists(TOKENS, max_size=30, unique_by=lambda token: token.serial))
def test_tokens_come_out_as_they_went_in(given_tokens: list[KeyPackage]):
    tokens = SealedTokens()
    for number, token in enumerate(given_tokens, 1):
        tokens.add(token, Message("place-line", line=number))
    assert len(tokens) == len(given_tokens)
    assert list(tokens) == list(tokens) == given_tokens  # once more, as a repeated import does
    assert [tokens[at] for at in range(len(tokens))] == given_tokens
    assert tokens[-3:1] == given_tokens[-3:1]
    with pytest.raises(IndexError):
        tokens[len(tokens)]


def test_a_serial_number_that_stands_twice_is_named_with_both_places():
    tokens = SealedTokens()
    for line, serial in enumerate(("7", "8"), 1):
        tokens.add(
            KeyPackage(serial, Credential("x", Secret(bytes(20)))), Message("place-line", line=line)
        )
    with pytest.raises(KodebrikError) as error:
        tokens.add(tokens[0], Message("place-line", line=3))
    arguments = error.value.message.arguments
    assert [arguments[name].text("da") for name in ("first", "second")] == ["Linje 1", "Linje 3"]
    assert [token.serial for token in tokens] == ["7", "8"]


@given(st.lists(st.integers(0, 20), max_size=40))
def test_tokens_with_one_secret_are_found_and_counted(given_secrets: list[int]):
    tokens = sealed(
        KeyPackage(str(at), Credential("x", Secret(bytes([secret] * 20))))
        for at, secret in enumerate(given_secrets)
    )
    pairs, more = tokens.shared_secrets(3)
    shared = [secret for secret in dict.fromkeys(given_secrets) if given_secrets.count(secret) > 1]
    assert [given_secrets[int(first)] for first, _ in pairs] == shared[:3]
    assert all(given_secrets[int(first)] == given_secrets[int(last)] for first, last in pairs)
    assert all(int(first) < int(last) for first, last in pairs)
    assert len(pairs) + more == len(given_secrets) - len(set(given_secrets))


def test_of_many_tokens_with_one_secret_few_are_named():
    same = [
        KeyPackage(f"A{at}", Credential("x", Secret(bytes([at // 2] * 20)))) for at in range(40)
    ]
    remarks = Remarks()
    remarks.compare_secrets(sealed(same))
    assert len(remarks.warnings) == 11
    assert remarks.warnings[0].startswith("The tokens A0 and A1 have the same secret")
    assert remarks.warnings[-1] == "10 more tokens have the secret of another one."


def test_no_secret_can_be_read_where_the_tokens_lie():
    secret = b"12345678901234567890"
    tokens = SealedTokens()
    tokens.add(KeyPackage("T1", Credential("x", Secret(secret))), Message("place-line", line=1))
    database: sqlite3.Connection = vars(tokens)["_database"]
    kept = database.serialize()
    assert b"T1" in kept
    assert secret not in kept
    assert secret.hex().encode() not in kept
    del tokens
    gc.collect()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        database.execute("SELECT 1")


def test_a_full_disk_is_told_in_words():
    tokens = SealedTokens()
    database: sqlite3.Connection = vars(tokens)["_database"]
    database.execute("PRAGMA max_page_count = 20")  # SQLite then fails as on a full disk

    def fill() -> None:
        for number in range(2000):
            secret = Secret(number.to_bytes(64))
            where = Message("place-line", line=number)
            tokens.add(KeyPackage(str(number), Credential("x", secret)), where)

    with pytest.raises(KodebrikError, match="temporary file: database or disk is full") as error:
        fill()
    assert error.value.exit_code == ExitCode.FILE
