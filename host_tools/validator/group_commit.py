"""Group commit: one thread takes the checks that wait, decides them in one transaction, then
delivers all their verdicts.

While a batch is made durable the next one gathers, so the rate is not bound by the number of
commits that the disk can do. No verdict is delivered before the commit: what was acknowledged
survives a crash.
"""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from host_tools.validator.errors import UnavailableError
from host_tools.validator.rule.verdict import CheckRequest, Verdict

MAX_BATCH = 256  # checks in a transaction
MAX_WAITING = 10_000  # checks; more are refused at once

Outcome = Verdict | Exception
Decide = Callable[[Sequence[CheckRequest]], Sequence[Outcome]]


@dataclass(frozen=True, slots=True)
class PendingCheck:
    """A check that waits. `loop` is the event loop that the future belongs to, None for a future of
    threads."""

    request: CheckRequest
    future: "Future[Verdict] | asyncio.Future[Verdict]"
    loop: asyncio.AbstractEventLoop | None


Decided = tuple[PendingCheck, Outcome]


class GroupCommit:
    """The queue of checks and the thread that decides them."""

    def __init__(self, decide: Decide) -> None:
        """`decide` decides a batch, and gives an outcome for each check."""
        self._decide = decide
        self._waiting: deque[PendingCheck] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="checks", daemon=True)
        self._thread.start()

    def submit(self, request: CheckRequest) -> "Future[Verdict]":
        """Queue one check from any thread."""
        future: Future[Verdict] = Future()
        self._enqueue(PendingCheck(request, future, None))
        return future

    async def check(self, request: CheckRequest) -> Verdict:
        """Queue one check and wait for its verdict in an event loop."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Verdict] = loop.create_future()
        self._enqueue(PendingCheck(request, future, loop))
        return await future

    def close(self) -> None:
        """Decide the checks that wait, then end the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _enqueue(self, pending: PendingCheck) -> None:
        with self._changed:
            if self._closing or len(self._waiting) >= MAX_WAITING:
                raise UnavailableError("checks-overloaded")
            self._waiting.append(pending)
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closing)
                if not self._waiting:
                    return
                batch = [self._waiting.popleft() for _ in range(min(MAX_BATCH, len(self._waiting)))]
            # Checks whose callers have disconnected are left out.
            begun = [pending for pending in batch if not pending.future.cancelled()]
            if begun:
                _deliver(list(zip(begun, self._outcomes(begun), strict=True)))

    def _outcomes(self, batch: Sequence[PendingCheck]) -> Sequence[Outcome]:
        try:
            return self._decide([pending.request for pending in batch])
        except Exception as error:
            return [error] * len(batch)


def _deliver(outcomes: Sequence[Decided]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop | None, list[Decided]] = {}
    for outcome in outcomes:
        by_loop.setdefault(outcome[0].loop, []).append(outcome)
    for loop, part in by_loop.items():
        if loop is None:
            _set_results(part)
        else:
            # One call for all, as each call wakes the loop; a closed loop has no waiting callers.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(_set_results, part)


def _set_results(outcomes: Sequence[Decided]) -> None:
    for pending, result in outcomes:
        future = pending.future
        if isinstance(future, Future) and not future.set_running_or_notify_cancel():
            continue
        if future.done():  # the caller has disconnected
            continue
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)
