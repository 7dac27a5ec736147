"""MicroPython's gc module. Objects are twice as large here as on a board of 32-bit words, and so is the threshold."""
# ruff: noqa: D103, F403 - MicroPython's own names

from gc import *
from gc import threshold as _threshold

_SCALE = 2


def threshold(amount=None):
    if amount is None:
        return _threshold() // _SCALE
    return _threshold(amount * _SCALE if amount > 0 else amount)
