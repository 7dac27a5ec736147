"""Limits of a token's settings, checked wherever one is given."""

from host_tools.validator.errors import InvalidError
from host_tools.validator.rule.drift import LARGEST_PPM

LARGEST_WINDOW, LARGEST_LOOK_AHEAD = 10, 100  # steps to either side; counters
_LONGEST_SERIAL = 64  # characters


def checked_serial(serial: str) -> str:
    """Give the serial number back; KodebrikError when it is none."""
    if (
        not serial
        or len(serial) > _LONGEST_SERIAL
        or not serial.isprintable()
        or any(map(str.isspace, serial))
    ):
        raise InvalidError(
            f"{serial[:_LONGEST_SERIAL]!r} is not a serial number.",
            f"It has 1 to {_LONGEST_SERIAL} printable characters and no blanks.",
        )
    return serial


def checked_window(window: int) -> int:
    """Give the window, in steps, back; KodebrikError when it is too large."""
    if not 0 <= window <= LARGEST_WINDOW:
        raise InvalidError(
            f"A window has 0 to {LARGEST_WINDOW} steps to either side.", "Give a smaller one."
        )
    return window


def checked_look_ahead(look_ahead: int) -> int:
    """Give the look-ahead, in counters, back; KodebrikError when it is too large."""
    if not 0 <= look_ahead <= LARGEST_LOOK_AHEAD:
        raise InvalidError(
            f"A look-ahead has 0 to {LARGEST_LOOK_AHEAD} counters.", "Give a smaller one."
        )
    return look_ahead


def checked_ppm(ppm: float) -> float:
    """Give a clock's largest rate error, in ppm, back; KodebrikError when it is too large."""
    if not 0 <= ppm <= LARGEST_PPM:
        raise InvalidError(
            f"A clock is off by 0 to {LARGEST_PPM:g} ppm.", "Give what its data sheet says."
        )
    return ppm
