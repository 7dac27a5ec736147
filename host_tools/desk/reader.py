"""Reads what a token shows and says, as text: the lines on its display by their pixels, what is
said by the samples, what is felt by the motor. A thread of its own, as that takes its time."""

import logging
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from host_tools.desk.broadcast import Broadcast
from host_tools.desktop.felt import VibrationDetector
from host_tools.errors import ExitCode, KodebrikError

if TYPE_CHECKING:
    from emulator.screen import Screen
    from emulator.session import Emulator
    from emulator.sound import Heard
    from host_tools.desktop.speech_output import SpeechRecogniser

_LOOK = 0.1  # seconds between two looks
_KEPT = 50  # captions
_log = logging.getLogger("emulator.desk")


class Reader:
    """Publishes the events `text` and `caption`, and keeps the last of them."""

    def __init__(
        self, emulator: "Emulator", languages: Sequence[str], broadcast: Broadcast
    ) -> None:
        """`languages` are those that the token may speak; none for one without a voice."""
        self._emulator, self._languages, self._broadcast = emulator, languages, broadcast
        self.captions: deque[dict[str, Any]] = deque(maxlen=_KEPT)
        self.text: list[str] = []
        self._screen: Screen | None = None
        self._detectors: list[Any] = [VibrationDetector(emulator, self._felt)]
        if languages:
            from host_tools.desktop.speech_output import UtteranceDetector  # noqa: PLC0415 - an extra

            self._detectors.append(
                UtteranceDetector(emulator, self.recogniser, lambda samples: None, self._said)
            )
        self._failed = False
        self._over, self._updating = threading.Event(), threading.Lock()
        self._thread = threading.Thread(target=self._run, name="desk-reader")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End after the look that is under way."""
        self._over.set()
        self._thread.join()

    @cached_property
    def recogniser(self) -> "SpeechRecogniser":
        """What recognises speech, for the thread and for whoever asks about a span of sound."""
        from host_tools.desktop.speech_output import SpeechRecogniser  # noqa: PLC0415 - an extra

        return SpeechRecogniser(self._languages)

    def clips(self, heard: "Heard") -> list[str]:
        """Give the names of the clips in a span of sound, in order."""
        samples = np.array(heard.samples, np.int16)
        return [clip.name for clip in self.recogniser.recognise(samples).clips]

    def _run(self) -> None:
        with suppress(KodebrikError):  # it was told
            while not self._over.wait(_LOOK):
                with self._reading():
                    self._look()
                self.update()  # after it: speech can take seconds to recognise

    def update(self) -> None:
        """Take in what was said and felt until now. KodebrikError when nothing is read any more."""
        with self._updating, self._reading():
            for detector in self._detectors:
                detector.update()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Read no more after an error that nobody expected, and tell of it in the log."""
        if not self._failed:
            try:
                yield
                return
            except Exception as error:  # whatever it is: people wait for captions
                self._failed = True
                _log.critical("Display and speech are read no more: %r", error, exc_info=error)
        raise KodebrikError("desk-unread", ExitCode.EMULATOR)

    def _look(self) -> None:
        with self._emulator.lock:  # not while the firmware draws
            screen = self._emulator.screen()
        if screen != self._screen:
            self._screen = screen
            self._show(self._emulator.text_of(screen))

    def _show(self, lines: list[str]) -> None:
        if lines != self.text:
            self.text = lines
            self._broadcast.publish("text", lines)

    def _said(self, text: str, language: str, start: float) -> None:
        self._add({"kind": "said", "text": text, "language": language}, start)

    def _felt(self, pulses: str, start: float) -> None:
        self._add({"kind": "felt", "text": pulses, "language": None}, start)

    def _add(self, caption: dict[str, Any], start: float) -> None:
        with self._emulator.lock:
            caption["time"] = self._emulator.now - self._emulator.elapsed + start
        self.captions.append(caption)
        self._broadcast.publish("caption", caption)
