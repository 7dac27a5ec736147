"""MicroPython's time module on the virtual clock. ticks_* wrap at 2**30 as on a board with 31-bit
small integers."""
# ruff: noqa: D103 - MicroPython's own names

import channel
import utime
from micropython import const
from utime import mktime  # noqa: F401 - part of the module

_MASK = const((1 << 30) - 1)
_read_clock = channel.read_clock
_BOOT_TIME = 1609459200  # 2021-01-01: what an RP2040's own clock says at power-on


def ticks_us():
    return _read_clock() & _MASK


def ticks_ms():
    return _read_clock() // 1000 & _MASK


ticks_cpu = ticks_us


def ticks_add(ticks, delta):
    if not -(1 << 29) < delta < 1 << 29:
        raise OverflowError("ticks interval overflow")
    return (ticks + delta) & _MASK


def ticks_diff(end, start):
    return ((end - start + (1 << 29)) & _MASK) - (1 << 29)


def sleep_us(us):
    until = channel.read_clock() + us
    while channel.idle(until, 0):
        pass


def sleep_ms(ms):
    sleep_us(ms * 1000)


def sleep(seconds):
    sleep_us(int(seconds * 1000000))


def time():
    return _BOOT_TIME + channel.read_clock() // 1000000


def time_ns():
    return _BOOT_TIME * 1000000000 + channel.read_clock() * 1000


def gmtime(seconds=None):
    return utime.gmtime(time() if seconds is None else seconds)[:8]


localtime = gmtime
