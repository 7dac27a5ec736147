"""One-time codes and their hashes: RFC 4226, 6238, 2104, 2202, 4231, on CPython and on the
MicroPython VM."""

import base64
import hashlib
import hmac

import pyotp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.runtime import Runtime, refuses
from tests.support.vectors import load

HOTP = load("rfc4226_hotp")
TOTP = load("rfc6238_totp")
HMAC = [
    pytest.param(
        bytes.fromhex(case["key"]),
        bytes.fromhex(case["data"]),
        name,
        case[name],
        id=f"{name} {case['where']}",
    )
    for file in ("rfc2202_hmac_sha1", "rfc4231_hmac_sha2")
    for case in load(file)["vectors"]
    for name in ("SHA1", "SHA256", "SHA512")
    if name in case
]
ALGORITHMS = st.sampled_from(["SHA1", "SHA256", "SHA512"])
SECRETS = st.binary(min_size=16, max_size=64)
# Padding changes around multiples of the block sizes 64 and 128; lengths up to 300 cover that.
MESSAGES = st.integers(0, 300).flatmap(lambda size: st.binary(min_size=size, max_size=size))


def peer(name: str, secret: bytes, digits: int, algorithm: str, **more: int) -> pyotp.OTP:
    digest = getattr(hashlib, algorithm.lower())
    return getattr(pyotp, name)(
        base64.b32encode(secret).decode(), digits=digits, digest=digest, **more
    )


@pytest.mark.parametrize(("key", "data", "algorithm", "expected"), HMAC)
def test_hmac_vectors_of_rfc_2202_and_4231(
    runtime: Runtime, key: bytes, data: bytes, algorithm: str, expected: str
):
    mac = runtime.call("firmware.otp.hmac", "hmac", algorithm, key, data)
    assert mac.hex()[: len(expected)] == expected
    assert len(mac) == hashlib.new(algorithm).digest_size


@pytest.mark.parametrize(("key", "data", "algorithm", "expected"), HMAC)
def test_hmac_vectors_agree_with_the_standard_library(
    key: bytes, data: bytes, algorithm: str, expected: str
):
    assert hmac.digest(key, data, algorithm).hex().startswith(expected)


@pytest.mark.clause("code: HOTP")
@pytest.mark.parametrize("case", HOTP["vectors"], ids=lambda case: str(case["counter"]))
def test_hotp_vectors_of_rfc_4226_appendix_d(runtime: Runtime, case: dict):
    secret = bytes.fromhex(HOTP["secret"])
    counter = case["counter"].to_bytes(8, "big")
    assert runtime.call("firmware.otp.hmac", "hmac", "SHA1", secret, counter).hex() == case["hmac"]
    assert runtime.call("firmware.otp.codes", "hotp", secret, case["counter"]) == case["code"]
    assert peer("HOTP", secret, 6, "SHA1").at(case["counter"]) == case["code"]


@pytest.mark.clause("code: TOTP")
@pytest.mark.parametrize(
    "case", TOTP["vectors"], ids=lambda case: f"{case['time']} {case['algorithm']}"
)
def test_totp_vectors_of_rfc_6238_appendix_b_to_the_year_2603(runtime: Runtime, case: dict):
    secret = bytes.fromhex(TOTP["secrets"][case["algorithm"]])
    digits, period = TOTP["digits"], TOTP["period"]
    code = runtime.call(
        "firmware.otp.codes", "totp", secret, case["time"], period, digits, case["algorithm"]
    )
    assert code == case["code"]
    assert (
        peer("TOTP", secret, digits, case["algorithm"], interval=period).at(case["time"])
        == case["code"]
    )


@given(ALGORITHMS, st.binary(max_size=200), MESSAGES)
@settings(max_examples=60, deadline=None)
def test_hmac_equals_the_standard_library(
    runtime: Runtime, algorithm: str, key: bytes, message: bytes
):
    mac = runtime.call("firmware.otp.hmac", "hmac", algorithm, key, message)
    assert mac == hmac.digest(key, message, algorithm)


@given(st.sampled_from(["SHA1", "SHA512"]), MESSAGES)
@settings(max_examples=60, deadline=None)
def test_our_own_hashes_equal_the_standard_library(
    runtime: Runtime, algorithm: str, message: bytes
):
    digest = runtime.call("tests.firmware.otp.vm_otp", "digest_without_hashlib", algorithm, message)
    assert digest == hashlib.new(algorithm, message).digest()


@pytest.mark.parametrize("algorithm", ["SHA1", "SHA512"])
def test_our_own_hashes_at_every_length_of_padding(runtime: Runtime, algorithm: str):
    for size in range(260):
        message = bytes(range(256))[:size].ljust(size, b"\xff")
        digest = runtime.call(
            "tests.firmware.otp.vm_otp", "digest_without_hashlib", algorithm, message
        )
        assert digest == hashlib.new(algorithm, message).digest(), size


@pytest.mark.clause("code: HOTP")
@given(SECRETS, st.integers(0, 2**64 - 1), st.integers(6, 8), ALGORITHMS)
@settings(max_examples=60, deadline=None)
def test_hotp_equals_pyotp_over_all_64_bit_counters(
    runtime: Runtime, secret: bytes, counter: int, digits: int, algorithm: str
):
    code = runtime.call("firmware.otp.codes", "hotp", secret, counter, digits, algorithm)
    assert code == peer("HOTP", secret, digits, algorithm).at(counter)
    assert len(code) == digits


@pytest.mark.clause("code: TOTP")
@given(
    SECRETS, st.integers(0, 32503680000), st.sampled_from([30, 60]), st.integers(6, 8), ALGORITHMS
)
@settings(max_examples=60, deadline=None)
def test_totp_equals_pyotp_to_the_year_3000(
    runtime: Runtime, secret: bytes, time: int, period: int, digits: int, algorithm: str
):
    code = runtime.call("firmware.otp.codes", "totp", secret, time, period, digits, algorithm)
    assert code == peer("TOTP", secret, digits, algorithm, interval=period).at(time)


@given(st.integers(0, 2**40), st.sampled_from([30, 60]))
@settings(max_examples=40, deadline=None)
def test_a_code_is_valid_until_the_next_step(runtime: Runtime, time: int, period: int):
    left = runtime.call("firmware.otp.codes", "remaining", time, period)
    step = runtime.call("firmware.otp.codes", "step", time, period)
    assert 1 <= left <= period
    assert runtime.call("firmware.otp.codes", "step", time + left - 1, period) == step
    assert runtime.call("firmware.otp.codes", "step", time + left, period) == step + 1


def test_leading_zeros_are_kept(runtime: Runtime):
    secret = bytes.fromhex(TOTP["secrets"]["SHA1"])
    assert runtime.call("firmware.otp.codes", "totp", secret, 1111111109, 30, 8) == "07081804"


@pytest.mark.parametrize("digits", [-1, 0, 5, 9, 10])
def test_codes_of_other_lengths_are_refused(runtime: Runtime, digits: int):
    refuses(runtime, "ValueError", "firmware.otp.codes", "hotp", b"x" * 20, 0, digits)


@pytest.mark.parametrize("counter", [-1, 2**64])
def test_counters_beyond_64_bits_are_refused(runtime: Runtime, counter: int):
    refuses(runtime, "ValueError", "firmware.otp.codes", "hotp", b"x" * 20, counter)


def test_unknown_algorithms_are_refused(runtime: Runtime):
    refuses(runtime, "ValueError", "firmware.otp.hmac", "hmac", "MD5", b"key", b"message")
    refuses(runtime, "ValueError", "firmware.otp.hmac", "digest", "MD5", b"message")
    refuses(
        runtime,
        "ValueError",
        "tests.firmware.otp.vm_otp",
        "digest_without_hashlib",
        "SHA256",
        b"message",
    )
