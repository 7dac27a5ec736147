"""Whoever presses a real token: told what to do, and asked what they read."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages import catalogue
from host_tools.messages.catalogue import Message


def line_from(terminal: TextIO | None) -> str:
    """Give the next line without its end; EOFError where there is none.

    Unlike input(), which edits lines with readline, it never changes the terminal's mode: a Ctrl-D
    that was typed before the change would be lost.
    """
    line = terminal.readline() if terminal is not None else ""
    if not line:
        raise EOFError
    return line.rstrip("\n")


@dataclass(frozen=True)
class Person:
    """A person at a terminal: `write(text)` shows a text as it is, `read()` gives a typed line and
    raises EOFError where nobody types any more.

    They are spoken to in the language of the environment; `aloud`: by the system's voice too.
    """

    write: Callable[[str], None]
    read: Callable[[], str]
    aloud: bool = False

    def tell(self, text: str) -> None:
        """Tell the person a text."""
        self.write(f"\n{self._localised(text)}\n")

    def ask(self, question: str) -> str:
        """Ask the person, and give what was typed. KodebrikError when there is nobody to ask."""
        text = self._localised(question)
        self.write(f"\n{text}: ")
        if self.aloud:
            from host_tools.voice.synthesis import pyttsx3  # noqa: PLC0415 - an extra

            pyttsx3.say(text, self._language())
        try:
            return self.read()
        except EOFError:
            raise KodebrikError("kit-nobody", ExitCode.NOT_CONFIRMED) from None

    def _localised(self, text: str) -> str:
        return text.text(self._language()) if isinstance(text, Message) else text

    def _language(self) -> str:
        return catalogue.choose(os.environ)
