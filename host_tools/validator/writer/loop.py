"""The writer's loop: it takes what all workers have sent, decides it in one transaction, and sends
the outcomes back. What comes meanwhile waits in the connections, and belongs to the next batch.
After a batch of several it waits, no longer than that took, until as many have come as were
answered with it or came meanwhile: most of them ask again at once (as in gathering.py)."""

import contextlib
import os
import threading
import time
from collections.abc import Callable, Sequence
from itertools import islice
from multiprocessing import AuthenticationError, Pipe
from multiprocessing.connection import Connection, Listener, wait
from pathlib import Path
from typing import Any, TypeAlias

from host_tools.errors import KodebrikError
from host_tools.validator.gathering import MAX_LINGER_SECONDS
from host_tools.validator.group_commit import MAX_BATCH, Outcome
from host_tools.validator.rule.verdict import CheckRequest
from host_tools.validator.service import Validator
from host_tools.validator.writer.messages import Address, pack_outcome

_BACKLOG = 128  # connections that wait to be accepted
Line: TypeAlias = "Connection[Any, Any]"
Asked: TypeAlias = tuple[Line, list[CheckRequest]]


class Writer:
    """The process that decides checks. The validator is opened when it is first needed, and again
    until that succeeds: a database that is away is told to those who ask."""

    def __init__(self, address: Address, open_validator: Callable[[], Validator]) -> None:
        """Listen."""
        if os.name != "nt":  # of a writer before this one
            Path(address.place).unlink(missing_ok=True)
        self._listener = Listener(address.place, backlog=_BACKLOG, authkey=address.secret)
        self._open_validator = open_validator
        self._validator: Validator | None = None
        self._lines: list[Line] = []
        self._arrived: list[Line] = []
        self._woken, self._wakes = Pipe(duplex=False)
        self._stopping = False
        threading.Thread(target=self._accept, name="accept", daemon=True).start()

    def stop(self) -> None:
        """End run() after the present batch; from any thread or signal handler."""
        self._stopping = True
        self._wakes.send_bytes(b"-")

    def run(self) -> None:
        """Decide what is sent until stop()."""
        with contextlib.suppress(KodebrikError):
            self._opened()
        answered, took = 0, 0.0
        while not self._stopping:
            asked = self._gathered(answered, min(took, MAX_LINGER_SECONDS))
            began = time.monotonic()
            answered = self._answer(asked)
            took = time.monotonic() - began
        self._listener.close()
        for line in self._lines:
            line.close()
        if self._validator is not None:
            self._validator.close()

    def _accept(self) -> None:
        while not self._stopping:
            try:
                self._arrived.append(self._listener.accept())
            except (OSError, EOFError, AuthenticationError):
                continue  # who connected is gone, or is no worker
            self._wakes.send_bytes(b"+")

    def _gathered(self, answered: int, linger: float) -> list[Asked]:
        """Wait for checks, and take them; `answered` were in the last batch, for whom it waits
        `linger` seconds at most."""
        asked = self._taken(0.0)
        expected = min(answered + _count(asked), MAX_BATCH)
        end = time.monotonic() + linger
        while answered > 1 and _count(asked) < expected and (left := end - time.monotonic()) > 0:
            asked += self._taken(left)
        while not asked and not self._stopping:
            asked = self._taken(None)
        return asked

    def _taken(self, seconds: float | None) -> list[Asked]:
        """Wait so long, or (None) until something comes, and take what has come."""
        ready = wait([self._woken, *self._lines], seconds)
        if self._woken in ready:
            self._woken.recv_bytes()
            while self._arrived:
                self._lines.append(self._arrived.pop())
        asked = [(line, self._received(line)) for line in self._lines[:] if line in ready]
        return [(line, requests) for line, requests in asked if requests]

    def _answer(self, asked: Sequence[Asked]) -> int:
        """Decide checks, and send the outcomes; give the number of checks."""
        every = [request for _, requests in asked for request in requests]
        outcomes = [
            outcome
            for start in range(0, len(every), MAX_BATCH)
            for outcome in self._decide(every[start : start + MAX_BATCH])
        ]
        packed = map(pack_outcome, outcomes)
        for line, requests in asked:
            self._send(line, list(islice(packed, len(requests))))
        return len(every)

    def _received(self, line: Line) -> list[CheckRequest]:
        """Take all that a worker has sent."""
        requests: list[CheckRequest] = []
        try:
            while True:
                message = line.recv()
                if message is None:
                    self._send(line, self._fault())
                    break
                requests += (CheckRequest(*packed) for packed in message)
                if not line.poll(0):
                    break
        except (OSError, EOFError):  # the worker has ended; what it sent is decided for the audit
            self._drop(line)
        return requests

    def _send(self, line: Line, message: object) -> None:
        try:
            line.send(message)
        except OSError:
            self._drop(line)

    def _drop(self, line: Line) -> None:
        line.close()
        if line in self._lines:
            self._lines.remove(line)

    def _opened(self) -> Validator:
        if self._validator is None:
            self._validator = self._open_validator()
        return self._validator

    def _fault(self) -> KodebrikError | None:
        try:
            self._opened().check_many([])  # a transaction that opens the data key
        except KodebrikError as error:
            return error
        return None

    def _decide(self, requests: list[CheckRequest]) -> Sequence[Outcome]:
        try:
            return self._opened().decide(requests)
        except KodebrikError as error:
            return [error] * len(requests)


def _count(asked: Sequence[Asked]) -> int:
    return sum(len(requests) for _, requests in asked)
