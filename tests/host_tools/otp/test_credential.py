"""Credentials: secrets, otpauth URIs and codes on the host."""

import base64
import hashlib
import pickle
import string

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_tools.errors import ExitCode, KodebrikError
from host_tools.exchange import otpauth
from host_tools.otp import codes, secret_text
from host_tools.otp.credential import Credential
from host_tools.secret import Secret
from tests.support.outcome import error_of

secret_bytes = st.binary(min_size=16, max_size=64)
algorithms = st.sampled_from(["SHA1", "SHA256", "SHA512"])
digit_counts = st.sampled_from([6, 7, 8])
periods = st.sampled_from([30, 60])


@given(secret_bytes, st.integers(0, 2**63 - 1), digit_counts, algorithms)
def test_hotp_is_what_pyotp_computes(secret, counter, digits, algorithm):
    """RFC 4226 section 5.3."""
    text = base64.b32encode(secret).decode()
    expected = pyotp.HOTP(text, digits=digits, digest=getattr(hashlib, algorithm.lower())).at(
        counter
    )
    assert codes.hotp(secret, counter, digits, algorithm) == expected


@given(st.binary(min_size=14, max_size=200), st.integers(0, 2**63 - 9), digit_counts, algorithms)
def test_many_codes_at_once_are_those_that_pyotp_computes(secret, first, digits, algorithm):
    """RFC 2104 section 2: a key that is longer than the hash's block is hashed first."""
    generator = pyotp.HOTP(
        base64.b32encode(secret).decode(), digits=digits, digest=getattr(hashlib, algorithm.lower())
    )
    counters = range(first, first + 9)
    numbers = codes.hotp_numbers(secret, counters, digits, algorithm)
    assert numbers == [int(generator.at(counter)) for counter in counters]


@given(secret_bytes, st.integers(0, 20_000_000_000), periods, digit_counts)
def test_totp_is_what_pyotp_computes_past_2603(secret, moment, period, digits):
    """RFC 6238 section 4; its appendix B goes to the year 2603."""
    expected = pyotp.TOTP(
        base64.b32encode(secret).decode(), digits=digits, interval=period
    ).generate_otp(moment // period)
    assert codes.totp(secret, moment, period, digits) == expected
    assert 1 <= codes.remaining(moment, period) <= period
    assert (
        codes.totp(secret, moment + codes.remaining(moment, period) - 1, period, digits) == expected
    )


def test_codes_are_grouped_as_on_the_display():
    assert [codes.grouped(code) for code in ("123456", "1234567", "12345678")] == [
        "123 456",
        "123 4567",
        "1234 5678",
    ]


@st.composite
def base32_variants(draw):
    """Draw base32 in mixed case, with or without spaces, dashes and padding."""
    secret = draw(secret_bytes)
    text = base64.b32encode(secret).decode()
    if draw(st.booleans()):
        text = text.rstrip("=")
    letters = [draw(st.sampled_from([letter, letter.lower()])) for letter in text]
    gaps = [draw(st.sampled_from(["", "", "", " ", "-", "\n"])) for _ in letters]
    return secret, "".join(letter + gap for letter, gap in zip(letters, gaps, strict=True))


@given(base32_variants())
def test_base32_is_read_as_people_write_it(case):
    secret, text = case
    assert secret_text.parse("base32:" + text).reveal() == secret
    assert secret_text.decode_base32(text).reveal() == secret


@given(secret_bytes, st.booleans())
def test_hexadecimal_is_read_in_any_case(secret, upper):
    text = secret.hex().upper() if upper else secret.hex()
    assert secret_text.parse("hex:" + text).reveal() == secret


def test_hexadecimal_is_recognised_by_digits_that_base32_lacks():
    assert secret_text.parse("00112233445566778899aabbccddeeff").reveal()[:2] == b"\x00\x11"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("AB" * 16, "could be base32 or hexadecimal"),
        ("JBSWY3DPEHPK3PXP", "80 bits"),
        ("00" * 65, "no more than 64"),
        ("not a secret!", "neither base32 nor hexadecimal"),
        ("hex:JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "is not hexadecimal"),
        ("otpauth://totp/a?secret=JBSWY3DPEHPK3PXP", "not a bare secret"),
        ("", "is empty"),
        (" - ", "is empty"),
        ("hex:", "is empty"),
        ("base32: ", "is empty"),
        ("rot13:JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "unknown mark"),
    ],
)
def test_a_bad_secret_is_refused_with_a_reason_that_does_not_quote_it(text, words):
    with pytest.raises(KodebrikError, match=words) as caught:
        secret_text.parse(text)
    assert caught.value.exit_code == ExitCode.BAD_INPUT
    assert not text or text not in caught.value.message + caught.value.hint


names = st.text(string.ascii_letters + "æøåÆØÅ .@-", min_size=1, max_size=15).filter(
    lambda name: name == name.strip()
)


@st.composite
def credentials(draw):
    """Any credential that a token can store, its name with or without an issuer."""
    name = draw(
        st.one_of(names, st.builds("{}:{}".format, names, names)).filter(
            lambda name: len(name.encode()) <= 32
        )
    )
    moving = draw(
        st.one_of(st.tuples(periods, st.none()), st.tuples(st.none(), st.integers(0, 2**63 - 1)))
    )
    return Credential(
        name, Secret(draw(secret_bytes)), draw(algorithms), draw(digit_counts), *moving
    )


@given(credentials())
def test_a_uri_is_read_back_by_us_and_by_pyotp(credential):
    uri = otpauth.compose(credential)
    assert otpauth.parse(uri) == credential
    theirs = pyotp.parse_uri(uri)
    assert theirs.byte_secret() == credential.secret.reveal()
    assert theirs.digits == credential.digits
    if credential.counter is None:
        assert theirs.interval == credential.period
        assert theirs.at(59) == credential.code(59)
    else:
        assert theirs.initial_count == credential.counter
        assert theirs.at(0) == credential.code(0)


@given(credentials())
def test_pyotps_uris_are_read(credential):
    text = secret_text.encode_base32(credential.secret)
    issuer, _, account = credential.name.rpartition(":")
    parts = {"name": account, "issuer_name": issuer or None}
    settings = {
        "digits": credential.digits,
        "digest": getattr(hashlib, credential.algorithm.lower()),
    }
    if credential.counter is None:
        uri = pyotp.TOTP(text, **settings, interval=credential.period).provisioning_uri(**parts)
    else:
        uri = pyotp.HOTP(text, **settings).provisioning_uri(
            **parts, initial_count=credential.counter
        )
    assert otpauth.parse(uri) == credential


SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # RFC 4226 appendix D


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("https://example.org/", "not an otpauth URI"),
        (f"otpauth://steam/a?secret={SECRET}", "not an otpauth URI"),
        ("otpauth://totp/a?issuer=b", "no secret"),
        (f"otpauth://totp/a?secret={SECRET}&secret={SECRET}", "secret twice"),
        (f"otpauth://totp/a?secret={SECRET}&encoder=steam", "special alphabet"),
        (f"otpauth://totp/a?secret={SECRET}&digits=six", "digits is not a number"),
        (f"otpauth://totp/a?secret={SECRET}&digits=5", "codes of 5 digits"),
        (f"otpauth://totp/a?secret={SECRET}&period=45", "valid for 45 s"),
        (f"otpauth://totp/a?secret={SECRET}&algorithm=MD5", "the hash MD5 is not known"),
        (f"otpauth://hotp/a?secret={SECRET}", "gives no counter"),
        (f"otpauth://totp/one:a?secret={SECRET}&issuer=two", "two different issuers"),
        (f"otpauth://totp/{'a' * 33}?secret={SECRET}", "33 bytes"),
        (f"otpauth://totp/?secret={SECRET}", "printable text"),
        ("otpauth://totp/a?secret=0189", "not base32"),
        (f"otpauth://totp/%ff?secret={SECRET}", "not an otpauth URI"),
        (f"otpauth://totp/a?secret={SECRET[:16]}", "80 bits"),
        (f"otpauth://[totp/a?secret={SECRET}", "not an otpauth URI"),
    ],
)
def test_a_bad_uri_is_refused_with_a_reason_that_does_not_quote_it(uri, words):
    with pytest.raises(KodebrikError, match=words) as caught:
        otpauth.parse(uri)
    assert SECRET[:16] not in caught.value.message + caught.value.hint
    assert caught.value.__cause__ is None


@given(st.text(max_size=200))
def test_any_text_is_a_credential_or_a_clear_error(text):
    for read in (
        secret_text.parse,
        otpauth.parse,
        lambda rest: otpauth.parse("otpauth://totp/" + rest),
    ):
        error = error_of(read, text)
        assert error is None or error.hint


def test_generated_secrets_are_as_long_as_the_hash_and_never_the_same():
    """RFC 6238 section 5.1; RFC 4226 section 4 recommends 160 bits."""
    assert [len(secret_text.generate(name)) for name in ("SHA1", "SHA256", "SHA512")] == [
        20,
        32,
        64,
    ]
    assert secret_text.generate("SHA1") != secret_text.generate("SHA1")


def test_a_secret_shows_itself_nowhere():
    credential = Credential("mine", Secret(b"do not show me to anyone"))
    for text in (
        repr(credential),
        str(credential.secret),
        f"{credential.secret}",
        repr([credential.secret]),
    ):
        assert "do not" not in text
        assert "secret=<Secret of 24 bytes>" in text or text.strip("[]") == "<Secret of 24 bytes>"
    with pytest.raises(TypeError):
        pickle.dumps(credential.secret)
