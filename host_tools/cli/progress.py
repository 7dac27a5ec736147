"""Progress of long work on standard error: a bar on a terminal, else a line every few seconds."""

import contextvars
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from host_tools.cli.output import is_rich_terminal, localized, say
from host_tools.messages.catalogue import Message
from host_tools.progress import Progress

_FIRST_LINE = 2.0  # seconds
_LINE_INTERVAL = 5.0  # seconds


@contextmanager
def reporting(what: str) -> Iterator[Progress]:
    """Give the Progress callback of the work named `what`; the bar ends with the block."""
    if not is_rich_terminal():
        with _Lines(what) as report:
            yield report
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
        with ExitStack() as stack:
            reports = {name: stack.enter_context(_Lines(name)) for name in names}
            yield lambda name: reports[name]
        return
    from rich.console import Console  # noqa: PLC0415 - 50 ms that only a terminal needs
    from rich.progress import Progress as Bars  # noqa: PLC0415

    with Bars(console=Console(stderr=True)) as bars:
        tasks = {name: bars.add_task(name, total=None) for name in names}
        yield lambda name: lambda done, total: bars.update(tasks[name], completed=done, total=total)


class _Lines:
    """Prints a line after _FIRST_LINE seconds and every _LINE_INTERVAL from then on, whether or not
    anything was reported: silence looks like a program that hangs."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._state: tuple[int, int] | None = None
        self._ended = threading.Event()
        # The thread speaks the language of the command.
        run = contextvars.copy_context().run
        self._thread = threading.Thread(target=run, args=(self._print,), daemon=True)

    def __enter__(self) -> Progress:
        """Begin; give what takes the reports."""
        self._thread.start()
        return self._report

    def __exit__(self, *_: object) -> None:
        """Print no more."""
        self._ended.set()
        self._thread.join()

    def _report(self, done: int, total: int) -> None:
        self._state = done, total

    def _print(self) -> None:
        seconds = _FIRST_LINE
        while not self._ended.wait(seconds):
            say(self._line())
            seconds = _LINE_INTERVAL

    def _line(self) -> Message:
        if self._state is None:
            return Message("progress-begun", what=self._what)
        done, total = self._state
        if done >= total:  # what remains (a commit) has no measure
            return Message("progress-ending", what=self._what, total=total)
        return Message("progress", what=self._what, done=done, total=total)
