"""What a user of `kodebrik emulate` hears of a token that speaks, and what is written of it beside
the screen."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from host_tools.desktop.speech_output import Ears, Loudspeaker, Reader, Samples

if TYPE_CHECKING:
    from emulator.session import Emulator

_LINES = 4


class Hearing:
    """A token's own voice on this machine's loudspeaker, or with `say` another voice that says the
    same."""

    def __init__(
        self,
        emulator: "Emulator",
        languages: Sequence[str],
        say: Callable[[str, str], None] | None = None,
    ) -> None:
        """Listen from now on."""
        self._said: deque[str] = deque(maxlen=_LINES)
        self._reader = None if say is None else Reader(say)
        self._loudspeaker = Loudspeaker() if say is None else None
        self._ears = Ears(emulator, languages, self._play, self._hear)

    def listen(self) -> None:
        """Take in what has come since the last call."""
        self._ears.listen()

    def lines(self) -> list[str]:
        """What has been heard lately, and what is in the way of hearing it."""
        lines = [f"Heard: {said}" for said in self._said]
        if self._loudspeaker is not None and not self._loudspeaker.works:
            lines.append("This machine plays no sound: read here what the token says.")
        if self._reader is not None and self._reader.trouble is not None:
            lines.append(f"{self._reader.trouble} {self._reader.trouble.hint}")
        return lines

    def close(self) -> None:
        """Hear no more."""
        if self._reader is not None:
            self._reader.close()
        if self._loudspeaker is not None:
            self._loudspeaker.close()

    def _play(self, samples: Samples) -> None:
        if self._loudspeaker is not None:
            self._loudspeaker.put(samples)

    def _hear(self, text: str, language: str) -> None:
        self._said.append(text)
        if self._reader is not None:
            self._reader.put(text, language)
