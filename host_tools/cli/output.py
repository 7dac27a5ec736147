"""Output of the commands: results on standard output (text, or one JSON object), everything else on
standard error.

Plain lines that a screen reader reads well; colour and a spinner only on a terminal.
"""

import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from host_tools.errors import KodebrikError

Json = Annotated[
    bool, typer.Option("--json", help="Print the result, or the error, as one JSON object.")
]


def emit(as_json: bool, result: dict[str, Any], lines: Iterable[str]) -> None:
    """Print a result: the JSON object or the lines."""
    if as_json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        for line in lines:
            print(line)


def emit_error(as_json: bool, error: KodebrikError) -> None:
    """Print an error: a JSON object on standard output, or message and hint on standard error."""
    if as_json:
        print(json.dumps(error.as_json(), ensure_ascii=False))
        return
    mark = typer.style("Error:", fg="red", bold=True) if is_rich_terminal() else "Error:"
    print(f"{mark} {error.message}\n{error.hint}", file=sys.stderr)


def say(line: str) -> None:
    """Print a line that is not part of the result on standard error."""
    print(line, file=sys.stderr, flush=True)


def warn(line: str) -> None:
    """Print a warning on standard error."""
    mark = typer.style("Warning:", fg="yellow", bold=True) if is_rich_terminal() else "Warning:"
    say(f"{mark} {line}")


@contextmanager
def step(line: str) -> Iterator[None]:
    """Show `line` while the block runs: a spinner on a terminal, else a line on standard error."""
    if not is_rich_terminal():
        say(f"{line} …")
        yield
        return
    from rich.console import Console  # noqa: PLC0415 - 50 ms that only a terminal needs

    with Console(stderr=True).status(f"{line} …"):
        yield


def is_rich_terminal() -> bool:
    """Say whether standard error is a terminal that may show colour and a spinner: not with
    NO_COLOR (no-color.org) or TERM=dumb."""
    return sys.stderr.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
