"""MicroPython's gc module. Objects are twice as large in a VM of 64-bit words as on a board: so is
the threshold."""
# ruff: noqa: D103, F403 - MicroPython's own names

import sys
from gc import *
from gc import threshold as _threshold

_SCALE = 2 if sys.maxsize > 1 << 32 else 1


def threshold(amount=None):
    if amount is None:
        return _threshold() // _SCALE
    return _threshold(amount * _SCALE if amount > 0 else amount)
