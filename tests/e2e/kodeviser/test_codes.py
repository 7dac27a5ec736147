"""The display shows the code that pyotp computes, for random secrets, times and parameters."""

import base64
import hashlib
import re
from functools import partial

import pyotp
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from emulator.session import Emulator
from firmware.protocol.messages import ALGORITHMS, DIGITS, MAX_TIME, PERIODS
from tests.support.emulated.token import TokenUnderTest, digits, hotp, totp

_2038 = 2**31  # the first second beyond a signed 32-bit time
_2100 = 4_107_542_400  # 2100-03-01: the day after the clock chip's leap day that the calendar lacks

# Deterministic and without shrinking, which would run the token again and again: a failing
# example already shows its parameters.
drawn = partial(
    settings,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

secrets = st.binary(min_size=16, max_size=64)
times = st.one_of(
    st.integers(1_893_456_000, MAX_TIME - 120),
    st.integers(_2038 - 90, _2038 + 90),
    st.integers(_2100 - 200_000, _2100 + 200_000),
    st.integers(MAX_TIME - 3600, MAX_TIME - 120),
)


def expected_totp(credential, at: int) -> str:
    """Give pyotp's code at a Unix time."""
    name = getattr(hashlib, credential.algorithm.lower())
    key = base64.b32encode(credential.secret.reveal()).decode()
    return pyotp.TOTP(key, digits=credential.digits, digest=name, interval=credential.period).at(at)


def expected_hotp(credential, counter: int) -> str:
    """Give pyotp's code of a counter."""
    name = getattr(hashlib, credential.algorithm.lower())
    key = base64.b32encode(credential.secret.reveal()).decode()
    return pyotp.HOTP(key, digits=credential.digits, digest=name).at(counter)


@pytest.fixture(scope="module")
def claimed(image, tmp_path_factory):
    """Give one claimed token for many credentials."""
    with Emulator(
        state=tmp_path_factory.mktemp("codes") / "token", image=image, time=1_893_456_000
    ) as emulator:
        kodeviser = TokenUnderTest(emulator)
        kodeviser.session = kodeviser.claim()
        yield kodeviser


@drawn(max_examples=220)
@given(
    secret=secrets,
    at=times,
    algorithm=st.sampled_from(ALGORITHMS),
    length=st.sampled_from(DIGITS),
    period=st.sampled_from(PERIODS),
)
def test_display_shows_the_totp_that_pyotp_computes(claimed, secret, at, algorithm, length, period):
    emulator = claimed.emulator
    credential = totp(secret=secret, algorithm=algorithm, digits=length, period=period)
    emulator.set_time(at)
    claimed.set_clock(claimed.session)
    claimed.session.put_credential(credential)
    before = int(emulator.now)
    emulator.press()
    lines = emulator.screen_text()
    after = int(emulator.now)
    assert digits(lines) in {expected_totp(credential, before), expected_totp(credential, after)}
    group = {6: r"\d{3} \d{3}", 7: r"\d{3} \d{4}", 8: r"\d{4} \d{4}"}[length]
    assert any(re.fullmatch(group, line) for line in lines), (
        f"digits are grouped for reading: {lines}"
    )
    # Off, a new code when the period has just ended, or the wait of at most 8 s for the next one.
    emulator.press()
    emulator.advance(39)
    assert not emulator.display_on


@drawn(max_examples=40)
@given(
    secret=secrets,
    counter=st.integers(0, 2**62),
    algorithm=st.sampled_from(ALGORITHMS),
    length=st.sampled_from(DIGITS),
)
def test_display_shows_the_hotp_that_pyotp_computes(claimed, secret, counter, algorithm, length):
    emulator = claimed.emulator
    credential = hotp(secret=secret, counter=counter, algorithm=algorithm, digits=length)
    claimed.session.remove_account("Bank") if claimed.session.accounts() else None
    claimed.session.put_credential(credential)
    for step in (counter, counter + 1):
        emulator.press()
        assert digits(emulator.screen_text()) == expected_hotp(credential, step)
        emulator.press()
        assert not emulator.display_on
