"""The emulated token in a terminal: its screen, captions of what it says, and typed keys.

A view is drawn (block characters, redrawn in place) or plain (a line whenever the text on the
screen changes or something was said), as a screen reader, a pipe and a log file need it.
"""

import os
import select
import shutil
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from emulator.scenario.recorder import Recorder
from emulator.screen import Screen
from emulator.session import Emulator
from emulator.views.terminal import render, smallest
from host_tools import whole_files
from host_tools.desktop.keyboard import Keyboard
from host_tools.messages.catalogue import Message

if TYPE_CHECKING:
    from host_tools.desktop.captions import Captions

_FRAME = 0.05  # seconds between looks at the token


class TerminalView(Protocol):
    """Shows a token."""

    def update(self) -> None:
        """Show what has changed since the last call."""


class DrawnView:
    """The screen as a picture of characters, with captions and the keys below, drawn anew in place;
    its text alone where the terminal is too small for the picture."""

    def __init__(
        self, emulator: Emulator, captions: "Captions | None", localized: Callable[[str], str]
    ) -> None:
        """Nothing is drawn yet. `localized` puts a line into the user's language."""
        self._emulator, self._captions, self._localized = emulator, captions, localized
        self._drawn: list[str] = []

    def update(self) -> None:
        """Draw anew when something has changed."""
        if self._captions is not None:
            self._captions.update()
        below = [
            screen_line(self._emulator.screen_text()),
            *(self._captions.lines() if self._captions is not None else ()),
            *_keys(self._emulator),
        ]
        below = [self._localized(line) for line in below]
        picture = drawing(self._emulator.screen(), below)
        lines = [self._localized(line) for line in picture] + below
        if lines != self._drawn:
            self._drawn = lines
            sys.stdout.write("\x1b[H\x1b[J" + "\n".join(lines) + "\n")
            sys.stdout.flush()


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


def drawing(screen: Screen, below: list[str]) -> list[str]:
    """Give the picture of a screen that leaves room for the lines below it, or the line that says
    what size of the terminal it needs."""
    terminal = shutil.get_terminal_size()
    # The cursor has a line of its own.
    taken = 1 + sum(-(-len(line) // terminal.columns) for line in below)
    picture = render(screen, terminal.columns, terminal.lines - taken)
    if picture is not None:
        return picture
    columns, lines = smallest(screen)
    return [
        Message(
            "terminal.too-small",
            columns=columns,
            lines=lines + taken,
            has_columns=terminal.columns,
            has_lines=terminal.lines,
        )
    ]


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
            _obey(Keyboard(emulator, recorder), stop, view)
    finally:
        if record is not None:
            whole_files.write(record, recorder.text().encode())


def _obey(keyboard: Keyboard, stop: threading.Event, view: TerminalView) -> None:
    keys_end = False
    while not stop.is_set():
        view.update()
        keyboard.release_due()
        if keys_end:
            stop.wait(_FRAME)
        elif select.select([sys.stdin], [], [], _FRAME)[0]:
            typed = os.read(sys.stdin.fileno(), 64).decode(errors="replace").lower()
            for character in typed:
                keyboard.type(character)
            keys_end = not typed
            if "q" in typed or (keys_end and sys.stdin.isatty()):
                stop.set()
    keyboard.release_all()


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
