"""Captions of an emulated token that speaks: its last utterances, and what it had fingers feel, as
text, beside its sound.

The sound is the token's own on this machine's loudspeaker, or a voice of the operating system that
says the same words.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from host_tools.desktop.felt import VibrationDetector
from host_tools.desktop.speech_output import (
    Loudspeaker,
    Samples,
    SpeechRecogniser,
    TextSpeaker,
    UtteranceDetector,
)
from host_tools.messages.catalogue import Message

if TYPE_CHECKING:
    from emulator.session import Emulator

_UTTERANCES_SHOWN = 4


class Captions:
    """Plays what a token says and keeps the last utterances as lines of text.

    With `say` (text, language) that function speaks each utterance instead of the loudspeaker;
    without `aloud` nothing sounds.
    """

    def __init__(
        self,
        emulator: "Emulator",
        languages: Sequence[str],
        say: Callable[[str, str], None] | None = None,
        aloud: bool = True,
    ) -> None:
        """Start at the token's present time; `languages` are those that it may speak."""
        self._utterances: deque[str] = deque(maxlen=_UTTERANCES_SHOWN)
        self._new: deque[str] = deque(maxlen=_UTTERANCES_SHOWN)
        self._speaker = None if say is None else TextSpeaker(say)
        self._loudspeaker = Loudspeaker() if aloud and say is None else None
        recogniser = SpeechRecogniser(languages)
        self._detector = UtteranceDetector(emulator, recogniser, self._play, self._add)
        self._motor = VibrationDetector(emulator, self._add_felt)

    def update(self) -> None:
        """Take in the token's sound and vibration since the last call."""
        self._detector.update()
        self._motor.update()

    def lines(self) -> list[str]:
        """Give the last utterances, and what keeps them from being heard."""
        return [*self._utterances, *self.notices()]

    def new_utterances(self) -> list[str]:
        """Give the utterances since the last call."""
        new = list(self._new)
        self._new.clear()
        return new

    def notices(self) -> list[str]:
        """Give what keeps the utterances from being heard."""
        lines: list[str] = []
        if self._loudspeaker is not None and not self._loudspeaker.works:
            lines.append(Message("captions.no-sound"))
        if self._speaker is not None and self._speaker.error is not None:
            error = self._speaker.error
            lines.append(Message("captions.failed", error=error.message, hint=error.hint))
        return lines

    def close(self) -> None:
        """Stop the sound."""
        if self._speaker is not None:
            self._speaker.close()
        if self._loudspeaker is not None:
            self._loudspeaker.close()

    def _play(self, samples: Samples) -> None:
        if self._loudspeaker is not None:
            self._loudspeaker.put(samples)

    def _add(self, text: str, language: str, start: float) -> None:
        self._show(Message("captions.heard", text=text))
        if self._speaker is not None:
            self._speaker.put(text, language)

    def _add_felt(self, pulses: str, start: float) -> None:
        self._show(Message("captions.felt", pulses=pulses))

    def _show(self, line: str) -> None:
        self._utterances.append(line)
        self._new.append(line)
