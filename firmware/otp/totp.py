"""TOTP, the time-based one-time code (RFC 6238), with T0 = 0. Times are Unix seconds (UTC), periods
seconds."""

from firmware.otp.hotp import hotp


def step(unix_time: int, period: int) -> int:
    """Return the number of whole periods since 1970, which is the counter of the code."""
    return unix_time // period


def remaining(unix_time: int, period: int) -> int:
    """Return the seconds for which the code of this time remains valid, 1 to period."""
    return period - unix_time % period


def totp(
    secret: bytes, unix_time: int, period: int = 30, digits: int = 6, algorithm: str = "SHA1"
) -> str:
    """Return the code of a time as a zero-padded string."""
    return hotp(secret, step(unix_time, period), digits, algorithm)
