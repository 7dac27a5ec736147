"""A worker process of the concurrency tests: sends the same answers many times at once."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from threading import Barrier as ThreadBarrier

from host_tools.secret import Secret
from host_tools.validator.app_records import AppReason, SignedAnswer
from host_tools.validator.service import Validator
from tests.support.validator.clock import VirtualClock
from tests.support.validator.database import MASTER


def work(
    database: str,
    now: float,
    rounds: Sequence[Sequence[tuple[bytes, SignedAnswer]]],
    at_once: int,
    start: Barrier,
    results: Queue,
) -> None:
    """Send, in each round, the answers in turn, `at_once` in all, at the same time; each comes with
    the session of its device."""
    clock = VirtualClock(now)
    with Validator(database, MASTER, clock) as validator, ThreadPoolExecutor(at_once) as threads:
        for number, answers in enumerate(rounds):
            together = ThreadBarrier(at_once)

            def once(turn: int, together=together, answers=answers) -> AppReason:
                session, answer = answers[turn % len(answers)]
                together.wait()
                return validator.app.answer(Secret(session), answer).reason

            start.wait()
            results.put((number, Counter(threads.map(once, range(at_once)))))
