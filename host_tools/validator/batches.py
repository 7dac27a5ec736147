"""Group commit: one thread takes the checks that wait, decides them in one transaction, then answers them all.

While a batch is being made durable the next one gathers, so the rate is not bound by the number of commits the disk can
do. Nobody is answered before the commit: what was acknowledged survives a crash.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from host_tools.validator.refusals import UnavailableError
from host_tools.validator.verdict import CheckRequest, Verdict

LARGEST = 256  # checks in a transaction
MOST_WAITING = 10_000  # more are refused at once

CheckMany = Callable[[Sequence[CheckRequest]], list[Verdict]]


class Batches:
    """The queue and its thread."""

    def __init__(self, check_many: CheckMany) -> None:
        """`check_many` decides a batch in one transaction."""
        self._check_many = check_many
        self._waiting: deque[tuple[CheckRequest, Future[Verdict]]] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="checks", daemon=True)
        self._thread.start()

    def submit(self, request: CheckRequest) -> "Future[Verdict]":
        """Queue one check."""
        future: Future[Verdict] = Future()
        with self._changed:
            if self._closing or len(self._waiting) >= MOST_WAITING:
                raise UnavailableError("The server takes no more checks at the moment.", "Try again in a few seconds.")
            self._waiting.append((request, future))
            self._changed.notify()
        return future

    async def check(self, request: CheckRequest) -> Verdict:
        """Queue one check and wait for it in an event loop."""
        return await asyncio.wrap_future(self.submit(request))

    def close(self) -> None:
        """Answer what waits, then end."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closing)
                if not self._waiting:
                    return
                batch = [self._waiting.popleft() for _ in range(min(LARGEST, len(self._waiting)))]
            # A caller who went away before the batch was begun is not checked.
            batch = [(request, future) for request, future in batch if future.set_running_or_notify_cancel()]
            if batch:
                self._decide(batch)

    def _decide(self, batch: Sequence[tuple[CheckRequest, "Future[Verdict]"]]) -> None:
        try:
            verdicts = self._check_many([request for request, _ in batch])
        except Exception as error:
            if len(batch) == 1 or isinstance(error, UnavailableError):
                for _, future in batch:
                    future.set_exception(error)
                return
            for alone in batch:  # one of them cannot be decided; the others must not suffer
                self._decide([alone])
            return
        for (_, future), verdict in zip(batch, verdicts, strict=True):
            future.set_result(verdict)
