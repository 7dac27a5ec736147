"""The serial link for other programs, with the emulated token kept in step with real time.

A host that sets or measures the token's clock gets true figures however late this process runs:
bytes from the host reach the token no earlier in virtual time than they were received in real time,
and bytes from the token reach the host no earlier in real time than they were sent in virtual time.
So what the token did lies between the host's sending and its receiving.

Where the token should be follows from one instant in real and in virtual time, however long ago:
nothing adds up. What runs the token ahead, such as the time that a key takes to stop bouncing, it
makes up for by standing still; only `leapt` and a new `rate` move that instant.
"""

import logging
import os
import select
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from emulator.clock import SimulationClock
from emulator.errors import FirmwareCrashError
from emulator.mcu.mcu import PROMPT, Mcu
from emulator.serial.endpoints import Endpoint, Pty, Rfc2217
from emulator.serial.link import Link

_MAX_SLEEP = 0.05  # real seconds, after which changes made by other threads are noticed
_MIN_SLEEP = 0.005  # in which other threads have their turn, where time passes fast
_US = 1_000_000
_log = logging.getLogger(__name__)


class LinkEndpoints:
    """Offers the link to other programs at endpoints that are open while the cable is in.

    `on_plug()` puts the cable in, `advance(seconds)` lets virtual time pass; `lock` is held while
    the emulator is advanced.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the parts of an emulator that serving needs
        self,
        link: Link,
        clock: SimulationClock,
        mcu: Mcu,
        lock: threading.RLock,
        advance: Callable[[float], None],
        on_plug: Callable[[], None],
    ) -> None:
        """Offer nothing yet."""
        self._link, self._clock, self._mcu, self._lock = link, clock, mcu, lock
        self._advance, self._plug = advance, on_plug
        self._openers: list[Callable[[], Endpoint]] = []
        self._endpoints: list[Endpoint] = []
        self._wake_read, self._wake_write = os.pipe()  # a byte here ends the wait in run()
        self._waiting = threading.RLock()  # held by run() while it waits
        self._serving = self._following = False
        self._real, self._virtual = 0.0, 0  # one instant: real seconds, virtual microseconds
        self._rate = 1.0
        self._unsent: list[tuple[int, bytes]] = []  # (virtual microseconds, bytes of the token)

    def open_pty(self, link_path: Path | str | None = None) -> str:
        """Offer the link as a pseudo-terminal and plug the cable in; give the path to open.

        With `link_path`, a symbolic link there points to the new terminal after each plugging in.
        """
        link = None if link_path is None else Path(link_path).absolute()
        with self._lock:
            self._plug()
            endpoint = Pty(link)
            self._offer(endpoint, lambda: Pty(link))
        return str(link or endpoint.path)

    def open_rfc2217(self, port: int = 0) -> str:
        """Offer the link as RFC 2217 on the loopback and plug the cable in; give pyserial's URL."""
        with self._lock:
            self._plug()
            endpoint = Rfc2217(port)
            chosen = endpoint.port  # the same one at each plugging in
            self._offer(endpoint, lambda: Rfc2217(chosen))
        return endpoint.url

    def serve(self, until: Callable[[], bool] | float | None = None) -> None:
        """Keep the token in step with real time until `until` (None: without end).

        `until` is a condition or a number of real seconds. Other threads may use the emulator
        meanwhile. When the firmware crashes the error is logged, its REPL is served, and the error
        is raised at the end.
        """
        if isinstance(until, int | float):
            end = monotonic() + until
            self._run(lambda: monotonic() >= end)
        else:
            self._run(until or (lambda: False))

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Serve in a second thread; an error of the firmware is raised at the end."""
        over = threading.Event()
        with ThreadPoolExecutor(1) as pool:
            served = pool.submit(self.serve, over.is_set)
            try:
                yield
            finally:
                over.set()
            served.result()

    def follow(self, real: float) -> None:
        """Count real time from the instant `real` of time.monotonic() on, at which the token was
        where it is now: serve() makes up for what has passed since, also between two calls.

        Otherwise each serve() begins where the token is.
        """
        self._following = True
        self._real, self._virtual = real, self._clock.now

    @property
    def rate(self) -> float:
        """Virtual seconds in a real one; 0: time stands still, and nothing is answered."""
        return self._rate

    @rate.setter
    def rate(self, rate: float) -> None:
        """From now on: what the token is behind by is left out, what it is ahead by stays."""
        with self._lock:
            self._virtual, self._real = min(self._real_now(), self._clock.now), monotonic()
            self._rate = rate
        self.wake()

    def wake(self) -> None:
        """Have serve() look at once at what another thread has changed."""
        os.write(self._wake_write, b"!")

    def leapt(self, microseconds: int) -> None:
        """Leave out so much virtual time, which the token was told to let pass at once."""
        self._virtual += microseconds

    def plugged(self) -> None:
        """Open all endpoints: the cable has been put in."""
        self._endpoints += [open_endpoint() for open_endpoint in self._openers]

    def unplugged(self) -> None:
        """Close all endpoints: the cable has been pulled out."""
        self.wake()
        with self._waiting:  # a descriptor that run() waits on would stay open after close()
            for endpoint in self._endpoints:
                endpoint.close()
            self._endpoints.clear()
            self._unsent.clear()

    def close(self) -> None:
        """Close the server's own file descriptors."""
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _offer(self, endpoint: Endpoint, open_endpoint: Callable[[], Endpoint]) -> None:
        self._openers.append(open_endpoint)
        self._endpoints.append(endpoint)
        self._link.on_output = self._send

    def _run(self, over: Callable[[], bool]) -> None:
        clock = self._clock
        if not self._following:
            self._real, self._virtual = monotonic(), clock.now
        self._serving = True
        crash: FirmwareCrashError | None = None
        while not over():
            with self._lock:
                received = b""
                if not self._link.full:  # else the host waits, as for a USB stack
                    received = b"".join([endpoint.receive() for endpoint in self._endpoints])
                try:
                    self._catch_up(self._real_now(), received)
                except FirmwareCrashError as error:
                    _log.error("%s", error)
                    crash = crash or error
                real = self._real_now()
                self._deliver(real)
                waits, timeout = self._next_event(real)
                self._waiting.acquire()
            try:
                ready = select.select([self._wake_read, *waits], [], [], timeout)[0]
            finally:
                self._waiting.release()
            if self._wake_read in ready:
                os.read(self._wake_read, 64)
        with self._lock:
            self._serving = False
            self._deliver(clock.now)
        if crash is not None:
            raise crash

    def _real_now(self) -> int:
        """Give where the token should be, virtual microseconds.

        Faster than real time it runs as fast as this machine can: what it is too late by is left
        out, or the longer it took the more it would have to make up for.
        """
        now = self._virtual + round((monotonic() - self._real) * self._rate * _US)
        late = now - self._clock.now - round(_MAX_SLEEP * self._rate * _US)
        if self._rate > 1 and late > 0:
            self._virtual -= late
            now -= late
        return now

    def _catch_up(self, real: int, received: bytes) -> None:
        """Advance the token to `real` (microseconds) and then hand it the bytes received by then.

        The firmware's own work may have moved virtual time ahead of real time; then the token
        stands still, and takes the bytes in when real time has caught up.
        """
        behind = real - self._clock.now
        try:
            if behind >= 0 and self._mcu.state == PROMPT:
                self._clock.run_to(real)  # a REPL runs in real time by itself
            elif behind >= 0:
                self._advance(behind / _US)
        finally:
            if self._link.plugged:
                self._link.put(received)
        if behind >= 0:
            self._advance(0)

    def _next_event(self, real: int) -> tuple[list[int], float]:
        """Give the file descriptors to wait on and how many real seconds at most."""
        ahead = self._clock.now - real
        if self._rate == 0:
            return [], _MAX_SLEEP
        if ahead > 0:  # the host is not listened to before real time has caught up
            return [], min(ahead / _US / self._rate, _MAX_SLEEP)
        waits: list[int] = []
        if not self._link.full:
            waits = [end for endpoint in self._endpoints for end in endpoint.waits()]
        times = (self._mcu.deadline, self._clock.next_alarm)
        left = min((time - self._clock.now for time in times if time is not None), default=_US)
        sleep = min(max(left, 0) / _US / self._rate, _MAX_SLEEP)
        if self._rate > 1:
            sleep = max(sleep, _MIN_SLEEP)
        return waits + self._mcu.prompt_ends(), sleep

    def _send(self, data: bytes) -> None:
        if self._serving:
            self._unsent.append((self._clock.now, data))
            return
        for endpoint in self._endpoints:
            endpoint.send(data)

    def _deliver(self, until: int) -> None:
        """Send the programs what the token had sent when its clock showed `until`."""
        while self._unsent and self._unsent[0][0] <= until:
            _, data = self._unsent.pop(0)
            for endpoint in self._endpoints:
                endpoint.send(data)
