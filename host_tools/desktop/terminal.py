"""The emulated token in a terminal: its screen, captions of what it says, and typed keys.

A view is drawn (a picture, or block characters, redrawn in place) or plain (a line whenever the
text on the screen changes or something was said), as a screen reader, a pipe and a log file need
it.
"""

import os
import select
import shutil
import sys
import termios
import textwrap
import threading
import tty
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from emulator.scenario.recorder import Recorder
from emulator.screen import Screen
from emulator.session import Emulator
from emulator.views.graphics import Graphics
from emulator.views.terminal import render, smallest
from host_tools import whole_files
from host_tools.desktop import terminal_query
from host_tools.desktop.keyboard import Keyboard
from host_tools.messages.catalogue import Message

if TYPE_CHECKING:
    from host_tools.desktop.captions import Captions

_FRAME = 0.05  # seconds between looks at the token
_SHOWN, _SAID = 2, 4  # lines below the picture for the text on the screen, and for captions


class TerminalView(Protocol):
    """Shows a token."""

    def prepare(self) -> bytes:
        """Learn what the terminal can do, whose keys come one by one; give what was typed
        meanwhile."""

    def update(self) -> None:
        """Show what has changed since the last call."""


class DrawnView:
    """The screen as a picture, of pixels where the terminal says that it can and of characters
    elsewhere, with its words, the keys and the link below, drawn anew in place; its text alone
    where the terminal is too small for the picture. The lines below are always as many."""

    def __init__(
        self,
        emulator: Emulator,
        captions: "Captions | None",
        localized: Callable[[str], str],
        links: Sequence[str] = (),
    ) -> None:
        """Nothing is drawn yet. `localized` puts a line into the user's language; `links` are lines
        that say where the token's link is."""
        self._emulator, self._captions, self._localized = emulator, captions, localized
        self._steady = [localized(line) for line in (*_keys(emulator), *links)]
        self._words = _SHOWN + (_SAID if captions is not None else 0)
        self._graphics: Graphics | None = None
        self._drawn: object = None

    def prepare(self) -> bytes:
        """As TerminalView.prepare."""
        self._graphics, typed = terminal_query.ask(_write, _read)
        return typed

    def update(self) -> None:
        """Draw anew when something has changed."""
        if self._captions is not None:
            self._captions.update()
        said = self._captions.lines() if self._captions is not None else ()
        words = [
            self._localized(line) for line in (screen_line(self._emulator.screen_text()), *said)
        ]
        screen, terminal = self._emulator.screen(), shutil.get_terminal_size()
        if (screen, terminal, words) == self._drawn:
            return
        self._drawn = screen, terminal, words
        columns = terminal.columns
        room = terminal.lines - self._below(columns)
        picture = self._graphics and self._graphics.render(screen, columns, room)
        if picture:
            shown = f"{picture.sequence}\x1b[{picture.lines + 1};1H"
        else:
            drawn = render(screen, columns, room) or _wrapped([self._too_small(screen)], columns)
            shown = self._graphics.erase if self._graphics else ""
            shown += "".join(f"{line}\n" for line in drawn)
        below = [*_last(words, columns, self._words), *_wrapped(self._steady, columns)]
        _write("\x1b[H\x1b[J" + shown + "\n".join(below) + "\n")

    def _below(self, columns: int) -> int:
        """Give how many lines of a terminal with so many columns are not the picture's: the cursor
        has one of its own."""
        return self._words + len(_wrapped(self._steady, columns)) + 1

    def _too_small(self, screen: Screen) -> str:
        """Give the line that says what size of the terminal the picture needs."""
        terminal, (columns, lines) = shutil.get_terminal_size(), smallest(screen)
        return self._localized(
            Message(
                "terminal.too-small",
                columns=columns,
                lines=lines + self._below(max(columns, terminal.columns)),
                has_columns=terminal.columns,
                has_lines=terminal.lines,
            )
        )


class PlainView:
    """A line for each new text on the screen, and one for each utterance: no drawing, no control
    characters."""

    def __init__(
        self, emulator: Emulator, captions: "Captions | None", write: Callable[[str], None]
    ) -> None:
        """Nothing was shown yet. `write` prints one line, in the user's language."""
        self._emulator, self._captions, self._write = emulator, captions, write
        self._screen: object = None  # pixels of the last look
        self._shown: str | None = None
        self._noticed: set[str] = set()

    def prepare(self) -> bytes:
        """As TerminalView.prepare: nothing is asked."""
        return b""

    def update(self) -> None:
        """Write what is new on the screen, and what was said."""
        line = self._new_screen()
        if line is not None:
            self._write(line)
        if self._captions is None:
            return
        self._captions.update()
        for utterance in self._captions.new_utterances():
            self._write(utterance)
        for notice in self._captions.notices():
            if notice not in self._noticed:
                self._noticed.add(notice)
                self._write(notice)

    def _new_screen(self) -> str | None:
        """Give the screen's line when its text has changed; else None."""
        with self._emulator.lock:  # not while the firmware draws
            screen = self._emulator.screen()
            if screen == self._screen:
                return None  # so that no text needs to be recognised
            self._screen = screen
            line = screen_line(self._emulator.screen_text())
        if line == self._shown:
            return None
        self._shown = line
        return line


def _wrapped(lines: Iterable[str], columns: int) -> list[str]:
    """Give lines of at most so many columns, broken between words."""
    return [part for line in lines for part in textwrap.wrap(line, columns, break_on_hyphens=False)]


def _last(words: Sequence[str], columns: int, count: int) -> list[str]:
    """Give the first of the `words`, and of the others the newest, in `count` lines of so many
    columns at most."""
    shown = _wrapped(words[:1], columns)[:count]
    said = _wrapped(words[1:], columns)
    return shown + said[max(0, len(said) - count + len(shown)) :]


def screen_line(texts: list[str]) -> Message:
    """Give the line that says what text is on the screen."""
    return Message("terminal.screen", text=" / ".join(texts) or Message("terminal.dark"))


def explain_keys(emulator: Emulator, write: Callable[[str], None]) -> None:
    """Write what can be typed."""
    for line in _keys(emulator):
        write(line)


def watch(emulator: Emulator, stop: threading.Event, view: TerminalView) -> None:
    """Serve the token's link and show the token until `stop`."""
    with emulator.serving():
        view.update()
        while not stop.wait(_FRAME):
            view.update()


def play(
    emulator: Emulator, stop: threading.Event, record: Path | None, view: TerminalView
) -> None:
    """Show the token and act on typed keys until Q or `stop`; then write the scenario to
    `record`.

    Where standard input is no terminal, its characters are keys all the same; after its end the
    token goes on until `stop`.
    """
    recorder = Recorder(emulator)
    try:
        with _each_key_at_once(), emulator.serving():
            _obey(Keyboard(emulator, recorder), stop, view, view.prepare())
    finally:
        if record is not None:
            whole_files.write(record, recorder.text().encode())


def _obey(keyboard: Keyboard, stop: threading.Event, view: TerminalView, typed: bytes) -> None:
    """Act on keys, first on those `typed` already."""
    keys_end = False
    while not stop.is_set():
        keys = terminal_query.without_sequences(typed).decode(errors="replace").lower()
        for character in keys:
            keyboard.type(character)
        if "q" in keys or (keys_end and sys.stdin.isatty()):
            break
        view.update()
        keyboard.release_due()
        typed = b""
        if keys_end:
            stop.wait(_FRAME)
        elif select.select([sys.stdin], [], [], _FRAME)[0]:
            typed = os.read(sys.stdin.fileno(), 64)
            keys_end = not typed
    keyboard.release_all()


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _read(seconds: float) -> bytes:
    """Give what is typed within that time, b"" when nothing is."""
    if not select.select([sys.stdin], [], [], seconds)[0]:
        return b""
    return os.read(sys.stdin.fileno(), 1024)


@contextmanager
def _each_key_at_once() -> Iterator[None]:
    """Have the terminal at standard input give each key as it is typed; a pipe does so itself."""
    if not sys.stdin.isatty():
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _keys(emulator: Emulator) -> list[Message]:
    if "keypad" in emulator.board.parts:
        return [Message("terminal.keys"), Message("terminal.more")]
    return [Message("terminal.one-button")]
