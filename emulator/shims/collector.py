"""MicroPython's gc module, in the bytes of a board: objects of a 64-bit VM are twice as large."""
# ruff: noqa: D103, F403 - MicroPython's own names

import sys
from gc import *
from gc import collect as _collect
from gc import mem_alloc as _mem_alloc
from gc import mem_free as _mem_free
from gc import threshold as _threshold

import channel
from micropython import mem_info

_SCALE = 2 if sys.maxsize > 1 << 32 else 1
pace = None  # the module pace, where the processor's time is charged


def collect():
    if pace:
        pace.count()
    _collect()
    if pace:
        pace.collected()


def mem_alloc():
    return _mem_alloc() // _SCALE


def mem_free():
    return _mem_free() // _SCALE


def threshold(amount=None):
    if amount is None:
        return _threshold() // _SCALE
    amount = amount * _SCALE if amount > 0 else amount
    if pace:
        pace.threshold(amount)
    return _threshold(amount)


def tell():
    """Print what emulator/mcu/mcu.py reads: the free bytes, and the VM's own account. What the
    shims have kept meanwhile would lie in the midst of them."""
    channel._formats.clear()
    _collect()
    print(mem_free())
    mem_info()
