"""The terminal of a station's operator: workers ask one question at a time there, and "stop" ends
the run."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from host_tools.cli.commands.batch.display import Display
from host_tools.cli.commands.batch.prompts import Prompts
from host_tools.cli.commands.flash import erasure
from host_tools.cli.output import ask, can_ask, say, typed_line
from host_tools.errors import ExitCode, KodebrikError
from host_tools.factory.events import Event
from host_tools.messages.catalogue import Message

if TYPE_CHECKING:
    from host_tools.link.replies import Hello

_STOP = "stop"  # in every language of the commands


class OperatorTerminal:
    """What the operator sees, hears and types. Questions come from any thread, and pause the
    display; `stop` is set when the operator has typed "stop", as an answer or between questions."""

    def __init__(
        self, display: Display, prompts: Prompts, *, erase_secrets: bool, as_json: bool
    ) -> None:
        """`erase_secrets` answers may_erase(); with `as_json` nobody is asked that."""
        self.stop = threading.Event()
        self.has_stopped = False
        self._display, self._prompts, self._lock = display, prompts, threading.RLock()
        self._listens = can_ask(as_json)

        @cache  # at the first board, for all of the run
        def granted() -> bool:
            question = Message("prompt.no-secrets-in-run")
            return erasure.is_granted(question, erase_secrets, as_json, self._hear)

        self._granted = granted

    def tell(self, event: Event, done: int, size: int) -> None:
        """Show an event, and say what to do after it; `done` of `size` tokens are done."""
        self._display.show(event, done, size)
        self._prompts.after(event, size - done)

    def listen(self) -> None:
        """Take a line that was typed between questions, if there is one."""
        if self._listens and self._lock.acquire(blocking=False):
            try:
                self._hear(typed_line())
            finally:
                self._lock.release()

    def may_erase(self) -> bool:
        """Say whether what boards in BOOTSEL mode hold may go."""
        with self._question():
            granted = self._granted()
        if self.has_stopped and not granted:
            raise _stopped()
        return granted

    @contextmanager
    def comparing(self, port: str, hello: "Hello") -> Iterator[Callable[[str], bool]]:
        """Give what asks for the number that this token shows, and compares it with a given one.
        Others wait with theirs: a new number comes with the question for it."""

        def is_same(number: str) -> bool:
            say(Message("batch-run.shows", product=hello.product, serial=hello.serial, port=port))
            typed = self._answer(Message("prompt.number"), "--trust-cable")
            return "".join(typed.split()) == number

        with self._question():
            yield is_same

    def read_code(self, port: str, hello: "Hello", fault: Message | None) -> str:
        """Ask for the code that a token shows, after telling what was wrong with the last one."""
        with self._question():
            if fault is not None:
                say(fault)
            say(Message("batch-run.press", product=hello.product, serial=hello.serial, port=port))
            return self._answer(Message("prompt.code"), "--code-reader")

    @contextmanager
    def _question(self) -> Iterator[None]:
        with self._lock, self._display.paused():
            yield

    def _answer(self, question: str, option: str) -> str:
        typed = ask(question, option)
        if self._hear(typed):
            raise _stopped()
        return typed

    def _hear(self, typed: str) -> bool:
        """Say whether the operator has typed "stop", and stop then."""
        if typed.strip().lower() != _STOP:
            return False
        self.has_stopped = True
        self.stop.set()
        return True


def _stopped() -> KodebrikError:
    return KodebrikError("batch-stopped", ExitCode.NOT_CONFIRMED)
