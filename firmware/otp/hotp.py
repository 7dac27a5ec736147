"""HOTP, the counter-based one-time code (RFC 4226)."""

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
    code = str(number % 10**digits)
    return "0" * (digits - len(code)) + code
