"""MicroPython's select module: polls files and Python streams, and waits in virtual time."""
# ruff: noqa: D101, D102, D107, N801 - MicroPython's own names

import channel
import uselect
from micropython import const
from uselect import POLLERR, POLLHUP, POLLIN, POLLOUT  # noqa: F401 - part of the module

_STREAM_POLL = const(3)  # MP_STREAM_POLL in py/stream.h


class poll:
    def __init__(self):
        self._files = uselect.poll()
        # Streams written in Python. The VM's own poll would look at them too, but waits a
        # millisecond for each look.
        self._streams = []  # each with its mask; a dict's order would hang on where objects lie
        self._timed = False  # whether one of them becomes ready by time alone

    def register(self, obj, eventmask=POLLIN | POLLOUT):
        entry = self._entry(obj)
        if entry:
            entry[1] = eventmask
        elif hasattr(obj, "ioctl"):
            self._streams.append([obj, eventmask])
            self._timed = self._timed or getattr(obj, "timed", False)
        else:
            self._files.register(obj, eventmask)

    def unregister(self, obj):
        entry = self._entry(obj)
        if entry:
            self._streams.remove(entry)
        else:
            self._files.unregister(obj)

    def modify(self, obj, eventmask):
        entry = self._entry(obj)
        if entry:
            entry[1] = eventmask
        else:
            self._files.modify(obj, eventmask)

    def _entry(self, obj):
        for entry in self._streams:
            if entry[0] is obj:
                return entry
        return None

    def poll(self, timeout=-1):
        until = None if timeout is None or timeout < 0 else channel.read_clock() + timeout * 1000
        waiting = True
        while True:
            news = channel.news
            ready = self._ready()
            if ready or not waiting:
                return ready
            ready = None  # a board has no list of its own in the heap while it waits
            waiting = channel.idle(until, 1)
            if not (waiting or self._timed or channel.at_prompt) and news == channel.news:
                return []  # nothing has come meanwhile

    def _ready(self):
        ready = self._files.poll(0)
        for obj, mask in self._streams:
            flags = obj.ioctl(_STREAM_POLL, mask)
            if flags:
                ready.append((obj, flags))
        return ready

    def ipoll(self, timeout=-1, flags=0):
        ready = self.poll(timeout)
        if flags & 1:  # one shot
            for obj, _ in ready:
                self.modify(obj, 0)
        return iter(ready)
