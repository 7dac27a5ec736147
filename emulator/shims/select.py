"""MicroPython's select module: the VM's own poll decides what is ready, waiting is the virtual clock's."""
# ruff: noqa: D101, D102, D107, N801 - MicroPython's own names

import channel
import uselect
from uselect import POLLERR, POLLHUP, POLLIN, POLLOUT  # noqa: F401 - part of the module


class poll:
    def __init__(self):
        self._poll = uselect.poll()
        self.register = self._poll.register
        self.unregister = self._poll.unregister
        self.modify = self._poll.modify

    def poll(self, timeout=-1, flags=0):
        return list(self.ipoll(timeout, flags))

    def ipoll(self, timeout=-1, flags=0):
        until = None if timeout is None or timeout < 0 else channel.look() + timeout * 1000
        while not self._poll.poll(0) and channel.idle(until, 1):
            pass
        return self._poll.ipoll(0, flags)
