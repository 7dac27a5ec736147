"""Times inside the VM, in microseconds a call."""

import time

from firmware.otp import hashes, hotp, sha1

_SECRET = b"12345678901234567890"


def hotp_us(rounds: int) -> int:
    """HOTP as the token computes it."""
    began = time.ticks_us()
    for counter in range(rounds):
        hotp.hotp(_SECRET, counter)
    return time.ticks_diff(time.ticks_us(), began) / rounds


def hotp_in_python_us(rounds: int) -> int:
    """HOTP with our SHA-1 in Python, as on a VM without that hash."""
    native = hashes.hashlib

    class Without:
        sha256 = native.sha256

    hashes.hashlib = Without
    try:
        assert hashes.digest("SHA1", b"abc") == sha1.sha1(b"abc") == native.sha1(b"abc").digest()
        return hotp_us(rounds)
    finally:
        hashes.hashlib = native
