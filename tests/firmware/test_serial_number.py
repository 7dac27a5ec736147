"""The serial number: twelve digits, the same for the same board, with a check digit that finds
typing errors."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.serial_number import luhn_digit, serial_number
from tests.support.runtime import Runtime


def passes_luhn(number: str) -> bool:
    """Check by ISO/IEC 7812-1 annex B: from the right, every second digit doubled, digits summed,
    divisible by ten."""
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number))]
    return sum(sum(map(int, str(value))) for value in doubled) % 10 == 0


def test_known_luhn_digit():
    # The example of ISO/IEC 7812-1, known from many texts.
    assert luhn_digit("7992739871") == "3"


@given(st.binary(min_size=1, max_size=16))
def test_the_digits_come_from_the_id_and_pass_the_check(unique_id):
    number = serial_number(unique_id)
    assert len(number) == 12
    assert int(number[:11]) == int.from_bytes(hashlib.sha256(unique_id).digest(), "big") % 10**11
    assert passes_luhn(number)


@given(st.binary(min_size=8, max_size=8), st.integers(0, 11), st.integers(1, 9))
def test_any_one_wrong_digit_is_found(unique_id, place, off):
    number = serial_number(unique_id)
    wrong = number[:place] + str((int(number[place]) + off) % 10) + number[place + 1 :]
    assert not passes_luhn(wrong)


@pytest.mark.parametrize("unique_id", [b"", b"\xe6\x60\x58\x38\x83\x4c\x8b\x2f", bytes(16)])
def test_both_runtimes_agree(runtime: Runtime, unique_id):
    assert runtime.call("firmware.serial_number", "serial_number", unique_id) == serial_number(
        unique_id
    )
