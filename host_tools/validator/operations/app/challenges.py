"""Challenges that devices sign, so that no signature can be made ahead of its time.

Nothing of them is stored: a challenge is its time, random bytes and a MAC of both. What makes it
good once is the device's counter, or the code that is used with it.
"""

import hmac
import secrets

from host_tools.validator.errors import InvalidError
from host_tools.validator.store.data_keys import DataKey

SECONDS = 300
_RANDOM_BYTES = 16
_PARTS = 3
_NUMBER_DIGITS = 8  # what a suite with QN08 asks for, RFC 6287 section 6.3


def make(key: DataKey, now: float) -> str:
    """Make a challenge."""
    at, random = str(int(now)), secrets.token_hex(_RANDOM_BYTES)
    return f"{at}.{random}.{_mac(key, at, random)}"


def is_fresh(key: DataKey, challenge: str, now: float) -> bool:
    """Say whether a challenge was made here, and not long ago."""
    parts = challenge.split(".")
    at, random, mac = parts if len(parts) == _PARTS else ("", "", "")
    right = hmac.compare_digest(_mac(key, at, random).encode(), mac.encode())
    return right and abs(now - int(at)) <= SECONDS  # the clocks of two hosts differ


def number_of_fresh(key: DataKey, challenge: str, now: float) -> str:
    """Give the number of a challenge; KodebrikError when that is not fresh."""
    if not is_fresh(key, challenge, now):
        raise InvalidError("app-challenge-not-fresh")
    return number(key, challenge)


def number(key: DataKey, challenge: str) -> str:
    """Give the number that a challenge-response token answers when its user moves to the app with
    it. It follows from the challenge, so it is as old as that; by a keyed hash, so that nobody can
    look for a challenge whose number has an answer that they know. It has no leading zero: OCRA
    encodes 012 and 12 as the same question."""
    least = 10 ** (_NUMBER_DIGITS - 1)
    drawn = int.from_bytes(key.hash("app number", "", challenge))
    return str(least + drawn % (9 * least))


def _mac(key: DataKey, at: str, random: str) -> str:
    return key.hash("app challenge", at, random).hex()
