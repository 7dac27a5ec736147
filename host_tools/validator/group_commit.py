"""Group commit: one thread takes the checks that wait, decides them in one transaction, then
delivers all their verdicts.

While a batch is made durable the next one gathers, so the rate is not bound by the number of
commits that the disk can do. An event loop hands its checks over together (gathering.py): so
batches are full, and loop and thread seldom want the interpreter's lock at the same time. No
verdict is delivered before the commit: what was acknowledged survives a crash.
"""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from host_tools.validator.errors import UnavailableError
from host_tools.validator.gathering import Gathering
from host_tools.validator.rule.verdict import CheckRequest, Verdict

MAX_BATCH = 256  # checks in a transaction
MAX_WAITING = 10_000  # checks; more are refused at once

Outcome = Verdict | Exception
Decide = Callable[[Sequence[CheckRequest]], Sequence[Outcome]]


@dataclass(frozen=True, slots=True)
class PendingCheck:
    """A check that waits."""

    request: CheckRequest
    future: "Future[Verdict] | asyncio.Future[Verdict]"


class _Group(NamedTuple):
    """Checks that came together, in the event loop of their futures, or from a thread (None)."""

    checks: Sequence[PendingCheck]
    loop: asyncio.AbstractEventLoop | None


Decided = tuple[PendingCheck, Outcome]


class GroupCommit:
    """The queue of checks and the thread that decides them."""

    def __init__(self, decide: Decide) -> None:
        """`decide` decides a batch, and gives an outcome for each check."""
        self._decide = decide
        self._gathering: Gathering[PendingCheck] | None = None
        self._waiting: deque[_Group] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="checks", daemon=True)
        self._thread.start()

    def submit(self, request: CheckRequest) -> "Future[Verdict]":
        """Queue one check from any thread."""
        future: Future[Verdict] = Future()
        self._enqueue(_Group([PendingCheck(request, future)], None))
        return future

    async def check(self, request: CheckRequest) -> Verdict:
        """Queue one check and wait for its verdict in an event loop, of which there is one at a
        time."""
        loop = asyncio.get_running_loop()
        gathering = self._gathering
        if gathering is None or gathering.loop is not loop:
            gathering = self._gathering = Gathering(loop, self._hand_over, MAX_BATCH)
        if len(gathering) >= MAX_WAITING:
            raise UnavailableError("checks-overloaded")
        future: asyncio.Future[Verdict] = loop.create_future()
        gathering.add(PendingCheck(request, future))
        return await future

    def close(self) -> None:
        """Decide the checks that wait, then end the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _hand_over(self, checks: list[PendingCheck]) -> None:
        try:
            self._enqueue(_Group(checks, asyncio.get_running_loop()))
        except UnavailableError as error:
            self._settle([(pending, error) for pending in checks])

    def _settle(self, outcomes: Sequence[Decided]) -> None:
        _set_results(outcomes)
        if self._gathering is not None:
            self._gathering.done()

    def _enqueue(self, group: _Group) -> None:
        with self._changed:
            if self._closing or len(self._waiting) >= MAX_WAITING:
                raise UnavailableError("checks-overloaded")
            self._waiting.append(group)
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closing)
                if not self._waiting:
                    return
                groups = [self._waiting.popleft()]
                size = len(groups[0].checks)
                while self._waiting and size + len(self._waiting[0].checks) <= MAX_BATCH:
                    groups.append(self._waiting.popleft())
                    size += len(groups[-1].checks)
            # Checks whose callers have disconnected are left out.
            begun = [
                [pending for pending in group.checks if not pending.future.cancelled()]
                for group in groups
            ]
            outcomes = iter(self._outcomes([pending for some in begun for pending in some]))
            for group, some in zip(groups, begun, strict=True):
                self._deliver(list(zip(some, islice(outcomes, len(some)), strict=True)), group.loop)

    def _outcomes(self, batch: Sequence[PendingCheck]) -> Sequence[Outcome]:
        if not batch:
            return ()
        try:
            return self._decide([pending.request for pending in batch])
        except Exception as error:
            return [error] * len(batch)

    def _deliver(self, outcomes: Sequence[Decided], loop: asyncio.AbstractEventLoop | None) -> None:
        if loop is None:
            _set_results(outcomes)
            return
        with contextlib.suppress(RuntimeError):  # a closed loop has no waiting callers
            loop.call_soon_threadsafe(self._settle, outcomes)


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
