"""Says aloud what the operator is to do next, in the language of the command."""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from host_tools.cli.output import language, localized, warn
from host_tools.errors import KodebrikError
from host_tools.extras import from_extra
from host_tools.factory.events import Event, Step
from host_tools.messages.catalogue import Message


class Prompts:
    """Speaks after each token, if it is to. What waits while a sentence is spoken is dropped for
    what is newer."""

    def __init__(self, spoken: bool) -> None:
        """KodebrikError when a package for speech is not installed."""
        self._waiting: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._spoken = spoken
        self._language = language.get()
        if spoken:
            with from_extra("not-installed-voice"):
                from host_tools.voice.synthesis import aloud  # noqa: PLC0415 - an extra
            self._say = aloud.say

    def after(self, event: Event, left: int) -> None:
        """Say what to do after an event when `left` tokens of the batch are not done."""
        if event.step in (Step.DONE, Step.ALREADY):
            self.say(Message("batch-speak.next") if left else Message("batch-speak.complete"))
        elif event.step is Step.FAILED:
            self.say(Message("batch-speak.aside"))

    def say(self, text: str) -> None:
        """Speak a sentence, if prompts are spoken."""
        if self._spoken:
            self._waiting.put(localized(text))

    @contextmanager
    def running(self) -> Iterator["Prompts"]:
        """Speak while the block runs; the last sentence is said to its end."""
        speaker = threading.Thread(target=self._run, daemon=True)
        if self._spoken:
            speaker.start()
        yield self
        if self._spoken:
            self._waiting.put(None)
            speaker.join()

    def _run(self) -> None:
        ended = False
        while not ended:
            text = self._waiting.get()
            while text is not None and not self._waiting.empty():
                newer = self._waiting.get()
                ended = newer is None
                if ended:
                    break
                text = newer
            if text is None:
                return
            try:
                self._say(text, self._language)
            except KodebrikError as error:
                warn(error.message)
                return
