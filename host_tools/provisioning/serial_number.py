"""Serial numbers of our tokens: eleven digits and a Luhn check digit (ISO/IEC 7812-1 annex B)."""

from host_tools.errors import ExitCode, KodebrikError

SIZE = 12


def check(text: str) -> str:
    """Give the twelve digits of a typed serial number without its spaces; KodebrikError when they
    are not twelve digits or the check digit is wrong."""
    digits = "".join(text.split())
    if len(digits) != SIZE or not (digits.isascii() and digits.isdigit()):
        raise KodebrikError("serial-number-invalid", ExitCode.BAD_INPUT)
    if _luhn(digits) % 10:
        raise KodebrikError("serial-number-mistyped", ExitCode.BAD_INPUT, serial=digits)
    return digits


def _luhn(digits: str) -> int:
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + position % 2)
        total += value - 9 if value > 9 else value  # noqa: PLR2004 - the cross sum of a two-digit product
    return total
