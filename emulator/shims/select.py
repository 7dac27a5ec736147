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
        self._streams = {}
        self._timed = False  # whether one of them becomes ready by time alone

    def register(self, obj, eventmask=POLLIN | POLLOUT):
        if hasattr(obj, "ioctl"):
            self._streams[obj] = eventmask
            self._timed = self._timed or getattr(obj, "timed", False)
        else:
            self._files.register(obj, eventmask)

    def unregister(self, obj):
        if not self._streams.pop(obj, None):
            self._files.unregister(obj)

    def modify(self, obj, eventmask):
        if obj in self._streams:
            self._streams[obj] = eventmask
        else:
            self._files.modify(obj, eventmask)

    def poll(self, timeout=-1):
        until = None if timeout is None or timeout < 0 else channel.read_clock() + timeout * 1000
        waiting = True
        while True:
            news = channel.news
            ready = self._files.poll(0)
            for obj in self._streams:
                flags = obj.ioctl(_STREAM_POLL, self._streams[obj])
                if flags:
                    ready.append((obj, flags))
            if ready or not waiting:
                return ready
            waiting = channel.idle(until, 1)
            if not (waiting or self._timed or channel.at_prompt) and news == channel.news:
                return ready  # nothing has come meanwhile

    def ipoll(self, timeout=-1, flags=0):
        ready = self.poll(timeout)
        if flags & 1:  # one shot
            for obj, _ in ready:
                self.modify(obj, 0)
        return iter(ready)
