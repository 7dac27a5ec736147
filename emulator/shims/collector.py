"""MicroPython's gc module. Objects of a 64-bit VM are twice as large as on a board, and so is the
threshold."""
# ruff: noqa: D103, F403 - MicroPython's own names

import sys
from gc import *
from gc import threshold as _threshold

_SCALE = 2 if sys.maxsize > 1 << 32 else 1


def threshold(amount=None):
    if amount is None:
        return _threshold() // _SCALE
    return _threshold(amount * _SCALE if amount > 0 else amount)
