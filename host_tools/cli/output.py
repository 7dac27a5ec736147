"""Output of the commands: results on standard output (text, or one JSON object), everything else on
standard error.

Plain lines that a screen reader reads well; colour and a spinner only on a terminal.
"""

import json
import os
import select
import sys
from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Annotated, Any, TextIO

import typer

if sys.platform != "win32":
    import termios

from host_tools.errors import ExitCode, KodebrikError
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

_LOCAL_MODES = 3  # where tcgetattr() has the flags of termios' c_lflag
TRIES = 3  # at typing what is known already, or a new secret twice


class AnnouncedInterruptError(Exception):
    """Ctrl-C has ended a command that runs until then, and says so itself: no error to report."""


# The language of this command's lines; JSON stays English.
language: ContextVar[str] = ContextVar("language", default=ENGLISH)


def localized(line: str) -> str:
    """Give a line in the command's language; what is no message stays as it is."""
    return line.text(language.get()) if isinstance(line, Message) else line


class Streamed(list[Any]):
    """A list of a result that is made while it is printed. A list, as json takes no other."""

    def __init__(self, items: Iterable[Any]) -> None:
        """`items` can be gone through more than once."""
        super().__init__()
        self._items = items

    def __iter__(self) -> Iterator[Any]:
        """Make the items one by one."""
        return iter(self._items)

    def __bool__(self) -> bool:
        """Say whether there is any."""
        return any(True for _ in self._items)


class StreamedObject(dict[str, Any]):
    """An object of a result, whose members are read while it is printed. A dict, as json takes no
    other."""

    def __init__(self, members: Mapping[str, Any]) -> None:
        """`members` may be in a file."""
        super().__init__()
        self._members = members

    def items(self) -> ItemsView[str, Any]:  # type: ignore[override]
        """Give the members one by one."""
        return self._members.items()

    def __len__(self) -> int:
        """Count the members."""
        return len(self._members)


def emit(as_json: bool, result: dict[str, Any], lines: Iterable[str]) -> None:
    """Print a result: the JSON object or the lines."""
    if as_json:
        # json.dump() asks lists and dicts for what they hold, where json.dumps() looks into them.
        json.dump(result, sys.stdout, ensure_ascii=False)
        print()
    else:
        for line in lines:
            print(localized(line))


def emit_error(as_json: bool, error: KodebrikError) -> None:
    """Print an error: a JSON object on standard output, or message and hint on standard error."""
    if as_json:
        print(json.dumps(error.as_json(), ensure_ascii=False))
        return
    mark = localized(Message("error-mark"))
    mark = typer.style(mark, fg="red", bold=True) if is_rich_terminal() else mark
    print(f"{mark} {localized(error.message)}\n{localized(error.hint)}", file=sys.stderr)


def say(line: str) -> None:
    """Print a line that is not part of the result on standard error."""
    print(localized(line), file=sys.stderr, flush=True)


def warn(line: str) -> None:
    """Print a warning on standard error."""
    mark = localized(Message("warning-mark"))
    mark = typer.style(mark, fg="yellow", bold=True) if is_rich_terminal() else mark
    say(f"{mark} {localized(line)}")


def ask(question: str, option: str | None = None, hidden: bool = False) -> str:
    """Give what the operator types after `question` on standard error; `hidden` does not show it.

    `option` is the one that can give the answer instead. typer.Abort on Ctrl-C; KodebrikError where
    standard input ends and is no terminal.
    """
    return _prompt(question, hidden, option)


def can_ask(as_json: bool) -> bool:
    """Say whether there is an operator at a terminal to ask for leave: not with --json."""
    return not as_json and sys.stdin.isatty()


def ask_yes(question: str, heard: Callable[[str], object] | None = None) -> bool:
    """Say whether the operator types "yes", in the language of the command, after `question`; only
    pressing Enter is no. As ask() it needs somebody who can type; `heard` gets what was typed."""
    yes = localized(Message("yes"))
    typed = _prompt(question, False, None, default=localized(Message("no")))
    if heard is not None:
        heard(typed)
    return typed.strip().lower() == yes.lower()


def ask_unseen(question: str, check: Callable[[str], object], option: str | None = None) -> str:
    """As ask(), for a new secret: it is not shown, and is typed again, until both are the same, at
    most TRIES times. `check` raises KodebrikError for one that will not do, before that."""
    for _ in range(TRIES):
        typed = _prompt(question, True, option)
        check(typed)
        if typed == _prompt(Message("prompt.repeat"), True, option):
            return typed
        say(Message("prompt.differs", mark=Message("error-mark")))
    raise KodebrikError("answers-differ", ExitCode.NOT_CONFIRMED, tries=TRIES)


def _prompt(question: str, hidden: bool, option: str | None, default: str | None = None) -> str:
    try:
        # What comes from a pipe is not shown, and Python would warn that it may be.
        hide = hidden and has_terminal()
        return str(typer.prompt(localized(question), default=default, hide_input=hide, err=True))
    except typer.Abort as abort:
        if not isinstance(abort.__context__, EOFError) or sys.stdin.isatty():
            raise
    print(file=sys.stderr)  # the question's line has no end
    if option is None:
        raise KodebrikError("answer-missing", ExitCode.NOT_CONFIRMED)
    raise KodebrikError("answer-missing-option", ExitCode.NOT_CONFIRMED, option=option)


def typed_line() -> str:
    """Give a line that was typed at the terminal, "" when there is none; nothing is waited for."""
    terminal = _terminal()
    if terminal is None or _is_in_background(terminal):  # which reading would stop
        return ""
    ready, _, _ = select.select([terminal], [], [], 0)
    return terminal.readline() if ready else ""


@contextmanager
def unechoed() -> Iterator[None]:
    """Show nothing of what is typed while the block runs, and drop it: a secret that is typed ahead
    of its question would stand on the screen."""
    terminal = _terminal()
    if terminal is None:
        yield
        return
    before = termios.tcgetattr(terminal)
    silent = [*before]
    silent[_LOCAL_MODES] &= ~termios.ECHO
    termios.tcsetattr(terminal, termios.TCSANOW, silent)
    try:
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, before)


def _terminal() -> TextIO | None:
    """Give the terminal that is standard input, None when there is none, or on Windows."""
    stdin = sys.__stdin__
    return stdin if sys.platform != "win32" and stdin is not None and stdin.isatty() else None


def _is_in_background(terminal: TextIO) -> bool:
    try:
        return os.tcgetpgrp(terminal.fileno()) != os.getpgrp()
    except OSError:  # it does not control this process
        return False


def has_terminal() -> bool:
    """Say whether there is a terminal to type at, which could show what is typed."""
    if sys.stdin.isatty() or sys.platform == "win32":
        return True
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


@contextmanager
def step(line: str) -> Iterator[None]:
    """Show `line` while the block runs: a spinner on a terminal, else a line on standard error."""
    if not is_rich_terminal():
        say(f"{localized(line)} …")
        yield
        return
    from rich.console import Console  # noqa: PLC0415 - 50 ms that only a terminal needs

    with Console(stderr=True).status(f"{localized(line)} …"):
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
