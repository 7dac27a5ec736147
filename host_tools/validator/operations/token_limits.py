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
        raise InvalidError("serial-invalid", serial=serial[:_LONGEST_SERIAL], most=_LONGEST_SERIAL)
    return serial


def checked_window(window: int) -> int:
    """Give the window, in steps, back; KodebrikError when it is too large."""
    if not 0 <= window <= LARGEST_WINDOW:
        raise InvalidError("window-out-of-range", most=LARGEST_WINDOW)
    return window


def checked_look_ahead(look_ahead: int) -> int:
    """Give the look-ahead, in counters, back; KodebrikError when it is too large."""
    if not 0 <= look_ahead <= LARGEST_LOOK_AHEAD:
        raise InvalidError("look-ahead-out-of-range", most=LARGEST_LOOK_AHEAD)
    return look_ahead


def checked_ppm(ppm: float) -> float:
    """Give a clock's largest rate error, in ppm, back; KodebrikError when it is too large."""
    if not 0 <= ppm <= LARGEST_PPM:
        raise InvalidError("clock-accuracy-out-of-range", most=LARGEST_PPM)
    return ppm
