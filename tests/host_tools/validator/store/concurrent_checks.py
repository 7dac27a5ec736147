"""A worker process of the concurrency tests: submits the same code many times at once, round after
round."""

from concurrent.futures import ThreadPoolExecutor
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from threading import Barrier as ThreadBarrier

from host_tools.validator.rule.verdict import CheckRequest, Reason
from host_tools.validator.service import Validator
from tests.support.validator.clock import VirtualClock
from tests.support.validator.database import MASTER


def work(
    database: str, rounds: list[tuple[float, str]], at_once: int, start: Barrier, results: Queue
) -> None:
    """Submit each round's code `at_once` times: one in four in a transaction of its own, the rest
    through the queue."""
    clock = VirtualClock()
    with Validator(database, MASTER, clock) as validator, ThreadPoolExecutor(at_once) as threads:
        for number, (now, code) in enumerate(rounds):
            clock.now = now
            together = ThreadBarrier(at_once)
            request = CheckRequest(code, user_id="anders")

            def once(alone: bool, together=together, request=request) -> Reason:
                together.wait()
                if alone:
                    return validator.check_many([request])[0].reason
                return validator.submit(request).result().reason

            start.wait()
            results.put((number, list(threads.map(once, [n % 4 == 0 for n in range(at_once)]))))
