"""MicroPython's os module as on a board: random bytes from the host, no access to its shell."""
# ruff: noqa: D103, F403, F821 - MicroPython's own names, most of them its builtin ones

import channel
import records
from uos import *
from ustruct import pack

del system, getenv, putenv, unsetenv


def urandom(count):
    return channel.call(records.RANDOM, pack("<H", count))


def uname():
    return ("rp2", "rp2", "1.28.0", "emulated", "emulated board with RP2040")
