"""MicroPython's os module as a board has it: random bytes are the host's, and the host's shell is
out of reach."""
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
