"""Worker processes that race, round after round."""

import multiprocessing
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

from tests.support.limits import REAL_LIMIT


def raced(
    work: Callable[..., None], workers: int, rounds: int, *arguments: object
) -> dict[int, Counter[Any]]:
    """Have `workers` processes call `work(*arguments, start, results)`: it waits for the barrier
    `start` in each round, and puts the round's number and what came of it into the queue `results`.
    Give by the round how often each came."""
    server = multiprocessing.get_context("forkserver")  # which imports the program once
    server.set_forkserver_preload([work.__module__])
    start, results = server.Barrier(workers), server.Queue()
    processes = [
        server.Process(target=work, args=(*arguments, start, results), daemon=True)
        for _ in range(workers)
    ]
    for process in processes:
        process.start()
    told: dict[int, Counter[Any]] = defaultdict(Counter)
    for _ in range(rounds * workers):
        number, came = results.get(timeout=REAL_LIMIT)
        told[number].update(came)
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * workers
    return told
