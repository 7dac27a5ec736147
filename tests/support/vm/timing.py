"""Durations inside the VM, in microseconds a call."""

import time
from array import array

from firmware.otp import codes, hmac, sha1
from firmware.speech.pack import Pack

_SECRET = b"12345678901234567890"


def hotp_us(rounds: int) -> int:
    """Measure HOTP as the token computes it."""
    began = time.ticks_us()
    for counter in range(rounds):
        codes.hotp(_SECRET, counter)
    return time.ticks_diff(time.ticks_us(), began) / rounds


def audio_us(path: str) -> int:
    """Measure the reading of one sample of a voice pack, as the player does it: all digits at the
    middle speed, twice."""
    with open(path, "rb") as file:
        pack = Pack(file)
        piece = array("h", bytes(1600))
        count = 0
        began = time.ticks_us()
        for name in "01234567890123456789":
            pack.start(name, 3)
            while True:
                taken = pack.read(piece, 200)
                count += taken
                if taken < len(piece):
                    break
        return time.ticks_diff(time.ticks_us(), began) / count


def hotp_in_python_us(rounds: int) -> int:
    """Measure HOTP with our SHA-1 in Python, as on a VM without SHA-1 in its hashlib."""
    native = hmac.hashlib

    class Without:
        sha256 = native.sha256

    hmac.hashlib = Without
    try:
        assert hmac.digest("SHA1", b"abc") == sha1.sha1(b"abc") == native.sha1(b"abc").digest()
        return hotp_us(rounds)
    finally:
        hmac.hashlib = native
