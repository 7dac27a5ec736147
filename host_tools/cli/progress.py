"""How far long work has come: a bar on a terminal, a line now and then elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from host_tools.cli.output import fancy, say
from host_tools.progress import Progress

_EVERY = 5.0  # seconds between lines


@contextmanager
def reporting(what: str) -> Iterator[Progress]:
    """Give a function to be told (done, of how many)."""
    if not fancy():
        yield _Lines(what).told
        return
    from rich.console import Console  # noqa: PLC0415 - 50 ms that only a terminal needs
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


class _Lines:
    """Lines on standard error; nothing for work that is done at once."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._next = time.monotonic() + _EVERY

    def told(self, done: int, total: int) -> None:
        """Print a line when the last one was long ago."""
        if time.monotonic() >= self._next:
            say(f"{self._what}: {done} of {total}")
            self._next = time.monotonic() + _EVERY
