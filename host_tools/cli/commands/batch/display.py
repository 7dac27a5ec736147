"""Shows what a station's workers do: a table on a terminal, else plain lines or JSON lines."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from host_tools.cli.output import can_ask, is_drawable, localized, say
from host_tools.factory.events import ENDS, Event, Step
from host_tools.messages.catalogue import Message, named

if TYPE_CHECKING:
    from rich.table import Table

_HEADS = (
    Message("batch-run.column-port"),
    Message("batch-run.column-serial"),
    Message("batch-run.column-step"),
)


class Display(Protocol):
    """Where events are shown; `done` of `size` tokens are done."""

    def show(self, event: Event, done: int, size: int) -> None:
        """Show one event."""

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave the terminal to a question."""


def make(as_json: bool) -> "JsonLines | PlainLines | Drawn":
    """Give the display for this terminal and these options; to be entered as a context."""
    if as_json:
        return JsonLines()
    stopping = [Message("batch-run.how-to-stop")] if can_ask(as_json) else []
    return Drawn(stopping) if is_drawable() else PlainLines(stopping)


class _Context:
    """What is shown waits for the end of a question."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def __enter__(self) -> Any:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """End."""

    @contextmanager
    def paused(self) -> Iterator[None]:
        """As Display.paused."""
        with self._lock:
            yield


class JsonLines(_Context):
    """An object for each event on standard output."""

    def show(self, event: Event, done: int, size: int) -> None:
        """As Display.show."""
        line: dict[str, Any] = {"port": event.port, "step": str(event.step)}
        line |= {"serial": event.serial, "done": done, "size": size}
        if event.error is not None:
            line |= event.error.as_json()
        print(json.dumps(line), flush=True)


class PlainLines(_Context):
    """A line for each token that begins or ends; the steps between are left out."""

    _SHOWN = (*ENDS, Step.FLASHING, Step.OPENING, Step.INTERRUPTED)

    def __init__(self, stopping: list[Message]) -> None:
        """`stopping` says first how the operator stops."""
        super().__init__()
        self._stopping = stopping

    def __enter__(self) -> "PlainLines":
        """Begin."""
        for line in self._stopping:
            say(line)
        return self

    def show(self, event: Event, done: int, size: int) -> None:
        """As Display.show."""
        if event.step not in self._SHOWN:
            return
        state = Message("batch-run.state", step=_step(event), done=done, size=size)
        with self._lock:
            say(f"{event.port} {event.serial or '-'}: {localized(state)}")
            for line in _why(event):
                say(f"  {line}")


class Drawn(_Context):
    """A table that stays in its place: a row for each port."""

    def __init__(self, stopping: list[Message]) -> None:
        """Draw nothing yet; `stopping` says below the table how the operator stops."""
        from rich.console import Console  # noqa: PLC0415 - 50 ms that only a terminal needs
        from rich.live import Live  # noqa: PLC0415

        super().__init__()
        self._stopping = stopping
        self._last: dict[str, Event] = {}
        self._live: Live = Live(console=Console(), auto_refresh=False)

    def __enter__(self) -> "Drawn":
        """Begin to draw."""
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the last table there."""
        self._live.stop()

    def show(self, event: Event, done: int, size: int) -> None:
        """As Display.show."""
        self._last[event.port] = event
        with self._lock:
            self._live.update(self._table(done, size), refresh=True)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Take the table away while somebody is asked."""
        with super().paused():
            self._live.stop()
            try:
                yield
            finally:
                self._live.start()

    def _table(self, done: int, size: int) -> "Table":
        from rich.table import Table  # noqa: PLC0415 - as above
        from rich.text import Text  # noqa: PLC0415

        said = [Message("batch-run.count", done=done, count=size), *self._stopping]
        table = Table(caption=" ".join(map(localized, said)))
        for head in _HEADS:
            table.add_column(localized(head))
        for port, event in sorted(self._last.items()):
            words = "\n".join([localized(_step(event)), *_why(event)])
            table.add_row(Text(port), Text(event.serial or ""), Text(words))
        return table


def _step(event: Event) -> str:
    return named("batch-step.", str(event.step))


def _why(event: Event) -> list[str]:
    if event.error is None:
        return []
    return [localized(event.error.message), localized(event.error.hint)]
