"""The serial number on label, display and link: 11 digits derived from the board's unique id, and a
Luhn check digit."""

from firmware.otp.hmac import digest

_RANGE = 100_000_000_000


def serial_number(unique_id: bytes) -> str:
    """Return 12 digits: SHA-256 of the id modulo 10^11, zero padded, then the check digit (ISO/IEC
    7812-1, annex B)."""
    number = str(int.from_bytes(digest("SHA256", unique_id), "big") % _RANGE)
    number = "0" * (11 - len(number)) + number
    return number + luhn_digit(number)


def luhn_digit(number: str) -> str:
    """Return the digit that makes `number` followed by it pass the Luhn check, which detects any
    single wrong digit."""
    total = 0
    for place, character in enumerate(reversed(number)):
        value = int(character) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)
