"""Output of the commands: results on standard output (text, or one JSON object), everything else on
standard error.

Plain lines that a screen reader reads well; colour and a spinner only on a terminal.
"""

import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Annotated, Any

import typer

from host_tools.errors import KodebrikError
from host_tools.messages.catalogue import ENGLISH, Message

Json = Annotated[
    bool, typer.Option("--json", help="Print the result, or the error, as one JSON object.")
]

plain_asked: ContextVar[bool] = ContextVar("plain_asked", default=False)


def _be_plain(asked: bool) -> bool:
    plain_asked.set(asked)
    return asked


Plain = Annotated[
    bool,
    typer.Option(
        "--plain",
        callback=_be_plain,
        help=(
            "Lines of text alone, without drawings. By itself where there is no terminal, and "
            "for TERM=dumb."
        ),
    ),
]

# The language of this command's lines; JSON stays English.
language: ContextVar[str] = ContextVar("language", default=ENGLISH)


def spoken(line: str) -> str:
    """Give a line in the command's language; what is no message stays as it is."""
    return line.text(language.get()) if isinstance(line, Message) else line


def emit(as_json: bool, result: dict[str, Any], lines: Iterable[str]) -> None:
    """Print a result: the JSON object or the lines."""
    if as_json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        for line in lines:
            print(spoken(line))


def emit_error(as_json: bool, error: KodebrikError) -> None:
    """Print an error: a JSON object on standard output, or message and hint on standard error."""
    if as_json:
        print(json.dumps(error.as_json(), ensure_ascii=False))
        return
    mark = spoken(Message("error-mark"))
    mark = typer.style(mark, fg="red", bold=True) if is_rich_terminal() else mark
    print(f"{mark} {spoken(error.message)}\n{spoken(error.hint)}", file=sys.stderr)


def say(line: str) -> None:
    """Print a line that is not part of the result on standard error."""
    print(spoken(line), file=sys.stderr, flush=True)


def warn(line: str) -> None:
    """Print a warning on standard error."""
    mark = spoken(Message("warning-mark"))
    mark = typer.style(mark, fg="yellow", bold=True) if is_rich_terminal() else mark
    say(f"{mark} {spoken(line)}")


def ask(question: str, hidden: bool = False, twice: bool = False) -> str:
    """Give what the operator types after `question` on standard error.

    `hidden` does not show it; with `twice` it is typed again, until both are the same.
    typer.Abort on Ctrl-C or the end of input.
    """
    while True:
        typed = str(typer.prompt(spoken(question), hide_input=hidden, err=True))
        if not twice:
            return typed
        repeat = spoken(Message("prompt.repeat"))
        if typed == typer.prompt(repeat, hide_input=hidden, err=True):
            return typed
        say(Message("prompt.differs", mark=Message("error-mark")))


@contextmanager
def step(line: str) -> Iterator[None]:
    """Show `line` while the block runs: a spinner on a terminal, else a line on standard error."""
    if not is_rich_terminal():
        say(f"{spoken(line)} …")
        yield
        return
    from rich.console import Console  # noqa: PLC0415 - 50 ms that only a terminal needs

    with Console(stderr=True).status(f"{spoken(line)} …"):
        yield


def is_drawable() -> bool:
    """Say whether standard output is a terminal that drawings may go to: not a pipe, a file or
    TERM=dumb, nor with --plain."""
    return sys.stdout.isatty() and not _plain_lines_wanted()


def is_rich_terminal() -> bool:
    """Say whether standard error is a terminal that may show colour and a spinner: not with
    NO_COLOR (no-color.org), TERM=dumb or --plain."""
    return sys.stderr.isatty() and "NO_COLOR" not in os.environ and not _plain_lines_wanted()


def _plain_lines_wanted() -> bool:
    return plain_asked.get() or os.environ.get("TERM") == "dumb"
