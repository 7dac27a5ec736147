"""Keeping an emulated token in step with real time while other programs hold its serial link."""

import logging
import os
import select
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

from emulator.clock import Clock
from emulator.errors import FirmwareCrashError
from emulator.mcu.mcu import PROMPT, Mcu
from emulator.serial.endpoints import Line, Pty, Rfc2217
from emulator.serial.link import Link

_NAP = 0.05  # real seconds to sleep at most, so that what other threads do is noticed
_US = 1_000_000
_log = logging.getLogger(__name__)


class Server:
    """The lines on offer to other programs, open while the cable is in, and the loop that serves
    them."""

    def __init__(self, link: Link) -> None:
        """No lines yet."""
        self._link = link
        self._offers: list[Callable[[], Line]] = []
        self._lines: list[Line] = []
        self._bell = os.pipe()  # wakes run()
        self._asleep = threading.RLock()  # held by run() while it waits
        self._clock: Clock | None = None  # the token's, while run() keeps step with it
        self._said: list[tuple[int, bytes]] = []  # what the lines are to hear yet, and when

    def offer(self, open_line: Callable[[], Line]) -> Line:
        """Open a line now, and again whenever the cable goes in."""
        line = open_line()
        self._offers.append(open_line)
        self._lines.append(line)
        self._link.on_output = self._send
        return line

    def open_lines(self) -> None:
        """The cable goes in."""
        self._lines += [open_line() for open_line in self._offers]

    def close_lines(self) -> None:
        """The cable goes out: hang up."""
        os.write(self._bell[1], b"!")
        with self._asleep:  # while run() waits on a line, closing it would not hang up
            for line in self._lines:
                line.close()
            self._lines.clear()
            self._said.clear()

    def close(self) -> None:
        """Give the file descriptors back."""
        for end in self._bell:
            os.close(end)

    def run(self, emulator: "Served", over: Callable[[], bool]) -> None:
        """Serve until `over()`. A crash of the firmware is logged and raised at the end: its REPL
        is served too."""
        start, began = monotonic(), emulator.clock.now
        left_at = began  # the clock after the last turn
        self._clock = emulator.clock
        crash: FirmwareCrashError | None = None
        while not over():
            with emulator.lock:
                began += (
                    emulator.clock.now - left_at
                )  # another thread moved the clock: go on from there
                behind = began + round((monotonic() - start) * _US) - emulator.clock.now
                try:
                    # The firmware's own work moves the clock ahead. Then real time catches up
                    # first, and what the token says meanwhile is heard when it does, or a host
                    # would measure a wrong clock.
                    if behind >= 0 and emulator.mcu.state == PROMPT:
                        emulator.clock.run_to(
                            emulator.clock.now + behind
                        )  # a REPL works in real time by itself
                    elif behind >= 0:
                        emulator.advance(behind / _US)
                    for line in (
                        self._lines
                    ):  # only now: these bytes come at the end of the time that passed
                        self._link.put(line.receive())
                    if behind >= 0:
                        emulator.advance(0)
                except FirmwareCrashError as error:
                    _log.error("%s", error)
                    crash = crash or error
                left_at = emulator.clock.now
                real = began + round((monotonic() - start) * _US)
                self._deliver(real)
                if left_at > real:  # nobody is listened to until real time has caught up
                    waits, until = [], left_at - real
                else:
                    waits = [
                        end for line in self._lines for end in line.waits()
                    ] + emulator.mcu.prompt_ends()
                    times = (emulator.mcu.deadline, emulator.clock.next_alarm)
                    until = min((time - left_at for time in times if time is not None), default=_US)
                self._asleep.acquire()
            try:
                ready = select.select(
                    [self._bell[0], *waits], [], [], min(max(until, 0) / _US, _NAP)
                )[0]
            finally:
                self._asleep.release()
            if self._bell[0] in ready:
                os.read(self._bell[0], 64)
        with emulator.lock:
            self._clock = None
            self._deliver(emulator.clock.now)
        if crash is not None:
            raise crash

    def _send(self, data: bytes) -> None:
        if self._clock is not None:
            self._said.append((self._clock.now, data))
            return
        for line in self._lines:
            line.send(data)

    def _deliver(self, until: int) -> None:
        """Let the lines hear what the token had said when its clock showed `until`."""
        while self._said and self._said[0][0] <= until:
            _, data = self._said.pop(0)
            for line in self._lines:
                line.send(data)


class Served(ABC):
    """A token whose link other programs use."""

    lock: threading.RLock
    clock: Clock
    mcu: Mcu
    _server: Server

    @abstractmethod
    def plug(self) -> None:
        """Put the cable in."""

    @abstractmethod
    def advance(self, seconds: float) -> None:
        """Let time pass."""

    def open_pty(self, link_path: Path | str | None = None) -> str:
        """Offer the link as a pseudo-terminal, plugging the cable in; the path for the other
        program.

        With `link_path`, a symbolic link that points to the fresh terminal after each plugging in.
        """
        link = None if link_path is None else Path(link_path).absolute()
        line = self._offer(lambda: Pty(link))
        return str(link or line.path)

    def open_rfc2217(self, port: int = 0) -> str:
        """Offer the link as RFC 2217 on the loopback, plugging the cable in; the URL for
        pyserial."""
        line = Rfc2217(port)
        line.close()
        port = line.port  # the same one at each plugging in
        return str(self._offer(lambda: Rfc2217(port)).url)

    def _offer(self, open_line: Callable[[], Any]) -> Any:
        with self.lock:
            self.plug()
            return self._server.offer(open_line)

    def serve(self, until: Callable[[], bool] | float | None = None) -> None:
        """Keep step with real time, for programs on the link or a user at a window, until `until`
        (None: for ever).

        `until` is a condition or a number of real seconds. The other methods may be called from
        other threads. A firmware that crashes is logged, its REPL served, and the error raised at
        the end.
        """
        if isinstance(until, int | float):
            end = monotonic() + until
            self._server.run(self, lambda: monotonic() >= end)
        else:
            self._server.run(self, until or (lambda: False))

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Serve in a thread of its own meanwhile; an error of the firmware is raised at the end."""
        over = threading.Event()
        with ThreadPoolExecutor(1) as pool:
            served = pool.submit(self.serve, over.is_set)
            try:
                yield
            finally:
                over.set()
            served.result()
