"""Pools of processes that do not outlast the work for which they were started."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import active_children, get_context


@contextmanager
def of(count: int, method: str | None = None) -> Iterator[ProcessPoolExecutor]:
    """Give a pool of `count` processes, started by a method of multiprocessing (None: Python's
    choice), which are killed when the block fails."""
    pool = ProcessPoolExecutor(count, get_context(method))
    try:
        yield pool
    except BaseException:
        kill(pool)
        raise
    pool.shutdown()


def kill(pool: ProcessPoolExecutor) -> None:
    """End the processes of a pool, which may work for minutes, at once. Every process that
    multiprocessing has started for this one goes with them."""
    pool.shutdown(wait=False, cancel_futures=True)
    for worker in active_children():
        worker.kill()
        worker.join()
