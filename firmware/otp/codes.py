"""HOTP (RFC 4226), the counter-based one-time code, and TOTP (RFC 6238, T0 = 0), whose counter is
the time. Times are Unix seconds (UTC), periods seconds."""

from firmware.otp.hmac import hmac


def hotp(secret: bytes, counter: int, digits: int = 6, algorithm: str = "SHA1") -> str:
    """Return the code for a 64-bit counter as a zero-padded string of 6 to 8 digits; ValueError for
    another number of digits."""
    if not 6 <= digits <= 8:
        raise ValueError("a code has 6 to 8 digits")
    if not 0 <= counter < 1 << 64:
        raise ValueError("the counter has 64 bits")
    return truncate(hmac(algorithm, secret, counter.to_bytes(8, "big")), digits)


def truncate(mac: bytes, digits: int) -> str:
    """Return the zero-padded decimal code of an HMAC (RFC 4226 section 5.3)."""
    offset = mac[-1] & 0x0F
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFFFFFF
    return ("0" * digits + str(number))[-digits:]


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
