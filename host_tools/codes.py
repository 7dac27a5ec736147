"""One-time codes as a validator computes them: RFC 4226 section 5.3 (HOTP) and RFC 6238 section 4 (TOTP).

Written anew over the standard library, apart from the firmware's code, so that each checks the other.
"""

import hmac


def hotp(secret: bytes, counter: int, digits: int = 6, algorithm: str = "SHA1") -> str:
    """Give the code for the 64-bit `counter`, zero padded to `digits`."""
    mac = hmac.digest(secret, counter.to_bytes(8, "big"), algorithm.lower())
    offset = mac[-1] & 0x0F
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def totp(secret: bytes, unix_time: int, period: int = 30, digits: int = 6, algorithm: str = "SHA1") -> str:
    """Give the code at `unix_time` (seconds, UTC) for steps of `period` seconds."""
    return hotp(secret, unix_time // period, digits, algorithm)


def remaining(unix_time: int, period: int = 30) -> int:
    """Give the seconds, 1 to `period`, that the code of `unix_time` is still the current one."""
    return period - unix_time % period


def grouped(code: str) -> str:
    """Give the code as the token's display groups it: 123 456, 123 4567, 1234 5678."""
    half = len(code) // 2
    return f"{code[:half]} {code[half:]}"
