"""Progress of long work on standard error: a bar on a terminal, else a line every few seconds."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from host_tools.cli.output import is_rich_terminal, localized, say
from host_tools.messages.catalogue import Message
from host_tools.progress import Progress

_LINE_INTERVAL = 5.0  # seconds


@contextmanager
def reporting(what: str) -> Iterator[Progress]:
    """Give the Progress callback of the work named `what`; the bar ends with the block."""
    if not is_rich_terminal():
        yield _Lines(what).report
        return
    from rich.console import Console  # noqa: PLC0415 - 50 ms that only a terminal needs
    from rich.progress import Progress as Bar  # noqa: PLC0415

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(localized(what), total=None)

        def update(done: int, total: int) -> None:
            # All items are done, and the work is not: what remains (a commit) has no measure.
            bar.update(task, completed=done, total=total)
            if done >= total:
                bar.tasks[0].total = None  # shown as a bar that moves all the time

        yield update


@contextmanager
def reporting_each(names: Sequence[str]) -> Iterator[Callable[[str], Progress]]:
    """Give a function that gives the Progress callback of one of several works side by side, from
    any thread: a bar for each on a terminal, else lines."""
    if not is_rich_terminal():
        lines = {name: _Lines(name) for name in names}
        yield lambda name: lines[name].report
        return
    from rich.console import Console  # noqa: PLC0415 - 50 ms that only a terminal needs
    from rich.progress import Progress as Bars  # noqa: PLC0415

    with Bars(console=Console(stderr=True)) as bars:
        tasks = {name: bars.add_task(name, total=None) for name in names}
        yield lambda name: lambda done, total: bars.update(tasks[name], completed=done, total=total)


class _Lines:
    """Prints lines; none for work that ends within _LINE_INTERVAL."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._next = time.monotonic() + _LINE_INTERVAL

    def report(self, done: int, total: int) -> None:
        """Print a line if the last one is older than _LINE_INTERVAL."""
        if time.monotonic() >= self._next:
            say(Message("progress", what=self._what, done=done, total=total))
            self._next = time.monotonic() + _LINE_INTERVAL
