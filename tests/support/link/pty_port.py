"""A serial port made of a pseudo-terminal, with a thread behind it that answers as a test says."""

import os
import pty
import select
import threading
import tty
from collections.abc import Callable
from types import TracebackType
from typing import Self

import serial


class PtyPort:
    """A serial port in this process. `answer(data)` gives the bytes to send back for received data;
    None unplugs the cable."""

    def __init__(self, answer: Callable[[bytes], bytes | None], greeting: bytes = b"") -> None:
        """Make the port; `greeting` is sent before the first answer."""
        self._answer = answer
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path = os.ttyname(self._slave)
        self.received = b""
        self._greeting = greeting
        self._stop_read, self._stop_write = os.pipe()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ):
        os.write(self._stop_write, b"x")
        self._thread.join(5)
        for end in (self._stop_read, self._stop_write):
            os.close(end)
        self.unplug()

    def unplug(self) -> None:
        """Close both ends of the pseudo-terminal."""
        for name in ("_master", "_slave"):
            end = getattr(self, name)
            if end is not None:
                setattr(self, name, None)
                os.close(end)

    def _run(self) -> None:
        greeted = False
        while True:
            ready, _, _ = select.select([self._master, self._stop_read], [], [])
            if self._master not in ready:  # told to stop, and all is read
                return
            data = os.read(self._master, 4096)
            self.received += data
            if self._greeting and not greeted:
                self._send(self._greeting)
                greeted = True
            answer = self._answer(data)
            if answer is None:
                self.unplug()
                return
            self._send(answer)

    def _send(self, data: bytes) -> None:
        """Write `data` as far as the reader takes it; stop when told to."""
        while data:
            stopped, writable, _ = select.select([self._stop_read], [self._master], [])
            if not writable and stopped:
                return
            if writable:
                data = data[os.write(self._master, data) :]


def held_by_another_program(path: str) -> serial.Serial:
    """Open the port as mpremote or a terminal program does."""
    return serial.Serial(path, exclusive=True)
