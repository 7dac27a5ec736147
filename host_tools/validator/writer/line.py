"""A worker's line to the writer: checks go over it as they come, and their outcomes come back in
the same order."""

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection
from typing import Any, TypeAlias

from host_tools.validator.errors import UnavailableError
from host_tools.validator.group_commit import MAX_WAITING
from host_tools.validator.rule.verdict import CheckRequest, Verdict
from host_tools.validator.writer.messages import Address, Packed, pack_request, unpack_outcome

CONNECT_SECONDS = 10.0  # that a check waits for a writer to send it to: a new one takes a few
ANSWER_SECONDS = 30.0  # that a check waits in all
PROBE_SECONDS = 5.0  # that a readiness probe waits
_PAUSE = 0.05  # seconds between two attempts to connect
# Checks that wait for their outcomes; further ones are sent when those have come. Their messages
# fit into the buffer of a socket, so that sending never waits, even for a writer that hangs.
_MAX_SENT = 64

Line: TypeAlias = "Connection[Any, Any]"


class _Waiting:
    """A check that waits, since a time of time.monotonic()."""

    __slots__ = ("future", "packed", "since")

    def __init__(self, packed: Packed, future: "asyncio.Future[Verdict]") -> None:
        self.packed, self.future, self.since = packed, future, time.monotonic()


class WriterLine:
    """The connection of one worker, made anew when the writer was replaced."""

    def __init__(self, address: Address) -> None:
        """Nothing is connected yet."""
        self._address = address
        self._unsent: deque[_Waiting] = deque()
        self._sent: deque[_Waiting] = deque()
        self._line: Line | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._flushing = False
        self._closed = threading.Event()

    async def check(self, request: CheckRequest) -> Verdict:
        """Have a check decided, in the worker's event loop.

        UnavailableError when there is no writer, or none that answers. Of a check that was sent it
        is then unknown whether it was decided: it is not sent again, for a code that was accepted
        would be told to be used.
        """
        if self._loop is None:
            self._begin()
        assert self._loop is not None  # noqa: S101 - set by _begin()
        if len(self._unsent) >= MAX_WAITING:
            raise UnavailableError("checks-overloaded")
        waiting = _Waiting(pack_request(request), self._loop.create_future())
        self._unsent.append(waiting)
        if not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._flush)
        return await waiting.future

    def probe(self) -> None:
        """Raise KodebrikError when the writer cannot decide checks; over a connection of its own,
        from any thread."""
        end = time.monotonic() + PROBE_SECONDS
        line = _connect(self._address, end)
        if line is None:
            raise UnavailableError("writer-gone")
        with line:
            try:
                line.send(None)
                if not line.poll(max(0.0, end - time.monotonic())):
                    raise UnavailableError("writer-silent", seconds=round(PROBE_SECONDS))
                fault: Exception | None = line.recv()
            except (OSError, EOFError):
                raise UnavailableError("writer-gone") from None
        if fault is not None:
            raise fault

    def close(self) -> None:
        """Wait for nothing more."""
        self._closed.set()

    def _begin(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._start(self._connect)
        self._watch()

    def _start(self, function: Callable[..., None], *arguments: Line) -> None:
        threading.Thread(target=function, args=arguments, name="writer", daemon=True).start()

    def _connect(self) -> None:
        while not self._closed.is_set():
            line = _connect(self._address, time.monotonic() + CONNECT_SECONDS)
            if line is not None:
                self._call(self._connected, line)
                return

    def _call(self, function: Any, argument: object) -> None:
        assert self._loop is not None  # noqa: S101 - set by _begin()
        with contextlib.suppress(RuntimeError):  # a closed loop has no waiting callers
            self._loop.call_soon_threadsafe(function, argument)

    def _connected(self, line: Line) -> None:
        assert self._loop is not None  # noqa: S101 - set by _begin()
        self._line = line
        try:
            self._loop.add_reader(line.fileno(), self._readable, line)
        except NotImplementedError:  # Windows: its event loop cannot wait for this kind of line
            self._start(self._listen, line)
        self._flush()

    def _readable(self, line: Line) -> None:
        try:
            outcomes = line.recv()
        except (OSError, EOFError):
            assert self._loop is not None  # noqa: S101 - set by _begin()
            self._loop.remove_reader(line.fileno())
            self._lost(line)
        else:
            self._received(outcomes)

    def _listen(self, line: Line) -> None:
        with contextlib.suppress(OSError, EOFError):
            while True:
                self._call(self._received, line.recv())
        self._call(self._lost, line)

    def _received(self, outcomes: Sequence[Packed | Exception]) -> None:
        for packed in outcomes:
            _settle(self._sent.popleft(), unpack_outcome(packed))
        self._flush()

    def _lost(self, line: Line) -> None:
        self._line = None
        line.close()
        while self._sent:
            _settle(self._sent.popleft(), UnavailableError("writer-gone"))
        self._start(self._connect)

    def _flush(self) -> None:
        self._flushing = False
        if self._line is None:
            return
        batch = []
        while self._unsent and len(self._sent) < _MAX_SENT:
            waiting = self._unsent.popleft()
            if not waiting.future.done():  # else its caller has disconnected
                batch.append(waiting.packed)
                self._sent.append(waiting)
        if batch:
            with contextlib.suppress(OSError):  # the writer is gone: _lost() follows
                self._line.send(batch)

    def _watch(self) -> None:
        """Give up what waits for too long, every second."""
        assert self._loop is not None  # noqa: S101 - set by _begin()
        now = time.monotonic()
        while self._unsent and now - self._unsent[0].since >= (
            CONNECT_SECONDS if self._line is None else ANSWER_SECONDS
        ):
            _settle(self._unsent.popleft(), UnavailableError("writer-gone"))
        for waiting in self._sent:
            if now - waiting.since < ANSWER_SECONDS:
                break
            _settle(waiting, UnavailableError("writer-silent", seconds=round(ANSWER_SECONDS)))
        if not self._closed.is_set():
            self._loop.call_later(1.0, self._watch)


def _settle(waiting: _Waiting, outcome: Verdict | Exception) -> None:
    if waiting.future.done():  # its caller has disconnected, or was told already
        return
    if isinstance(outcome, Exception):
        waiting.future.set_exception(outcome)
    else:
        waiting.future.set_result(outcome)


def _connect(address: Address, end: float) -> "Line | None":
    """Connect; None when that does not succeed until `end` of time.monotonic()."""
    while True:
        try:
            return Client(address.place, authkey=address.secret)
        except (OSError, EOFError, AuthenticationError):
            if time.monotonic() >= end:
                return None
            time.sleep(_PAUSE)
