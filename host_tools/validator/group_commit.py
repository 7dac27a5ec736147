"""Group commit: one thread takes the checks that wait, decides them in one transaction, then
answers them all.

While a batch is being made durable the next one gathers, so the rate is not bound by the number of
commits the disk can do. Nobody is answered before the commit: what was acknowledged survives a
crash.
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

LARGEST = 256  # checks in a transaction
MOST_WAITING = 10_000  # more are refused at once

CheckMany = Callable[[Sequence[CheckRequest]], list[Verdict]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A check that waits. `loop` is the event loop that the future belongs to, None for a future of
    threads."""

    request: CheckRequest
    future: "Future[Verdict] | asyncio.Future[Verdict]"
    loop: asyncio.AbstractEventLoop | None


@dataclass(frozen=True, slots=True)
class Answered:
    """What a check came to: a verdict, or why there is none."""

    asked: Asked
    verdict: Verdict | None = None
    error: Exception | None = None


class Batches:
    """The queue and its thread."""

    def __init__(self, check_many: CheckMany) -> None:
        """`check_many` decides a batch in one transaction."""
        self._check_many = check_many
        self._waiting: deque[Asked] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="checks", daemon=True)
        self._thread.start()

    def submit(self, request: CheckRequest) -> "Future[Verdict]":
        """Queue one check."""
        future: Future[Verdict] = Future()
        self._queue(Asked(request, future, None))
        return future

    async def check(self, request: CheckRequest) -> Verdict:
        """Queue one check and wait for it in an event loop."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Verdict] = loop.create_future()
        self._queue(Asked(request, future, loop))
        return await future

    def close(self) -> None:
        """Answer what waits, then end."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _queue(self, asked: Asked) -> None:
        with self._changed:
            if self._closing or len(self._waiting) >= MOST_WAITING:
                raise UnavailableError(
                    "The server takes no more checks at the moment.", "Try again in a few seconds."
                )
            self._waiting.append(asked)
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closing)
                if not self._waiting:
                    return
                batch = [self._waiting.popleft() for _ in range(min(LARGEST, len(self._waiting)))]
            # A caller who went away before the batch was begun is not checked.
            begun = [asked for asked in batch if not asked.future.cancelled()]
            if begun:
                _deliver(self._decided(begun))

    def _decided(self, batch: Sequence[Asked]) -> list[Answered]:
        try:
            verdicts = self._check_many([asked.request for asked in batch])
        except Exception as error:
            if len(batch) == 1 or isinstance(error, UnavailableError):
                return [Answered(asked, error=error) for asked in batch]
            # One of them cannot be decided; the others must not suffer.
            return [answered for asked in batch for answered in self._decided([asked])]
        return [Answered(asked, verdict) for asked, verdict in zip(batch, verdicts, strict=True)]


def _deliver(answers: Sequence[Answered]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop | None, list[Answered]] = {}
    for answered in answers:
        by_loop.setdefault(answered.asked.loop, []).append(answered)
    for loop, part in by_loop.items():
        if loop is None:
            _settle(part)
        else:
            with contextlib.suppress(
                RuntimeError
            ):  # the loop was closed: nobody waits there any more
                loop.call_soon_threadsafe(_settle, part)  # once for all: each call wakes the loop


def _settle(answers: Sequence[Answered]) -> None:
    for answered in answers:
        future = answered.asked.future
        if isinstance(future, Future) and not future.set_running_or_notify_cancel():
            continue
        if future.done():  # who asked has gone away
            continue
        if answered.error is not None:
            future.set_exception(answered.error)
        elif answered.verdict is not None:
            future.set_result(answered.verdict)
