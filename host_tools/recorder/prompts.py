"""What is to be recorded, in which order, and which of it is there already.

Every prompt is one WAV file of a folder of recordings (host_tools/voice/recordings.py): the digits
and phrases of a language first, then each digit again for the slowest and the fastest speed, which
may be left out.
"""

from dataclasses import dataclass
from pathlib import Path

from host_tools.messages.catalogue import Message
from host_tools.voice.languages import SPEEDS, Language

_SLOWEST, _FASTEST = SPEEDS[0], SPEEDS[-1]


@dataclass(frozen=True)
class Prompt:
    """A clip to be recorded: its file without `.wav`, its key, what to say, and the speed that it
    is for; None for all speeds."""

    name: str
    key: str
    text: str
    speed: int | None = None

    @property
    def is_digit(self) -> bool:
        """Say whether it is one digit."""
        return len(self.key) == 1 and self.key.isdigit()

    @property
    def manner(self) -> str:
        """How it is to be said, in words; empty for the usual way."""
        if self.speed is None:
            return ""
        return Message("recorder-slowly" if self.speed == _SLOWEST else "recorder-fast")


def prompts(language: Language) -> list[Prompt]:
    """List what is to be recorded."""
    once = [Prompt(key, key, text) for key, text in language.phrases.items()]
    digits = [prompt for prompt in once if prompt.is_digit]
    return once + [
        Prompt(f"{digit.key}.{speed}", digit.key, digit.text, speed)
        for speed in (_SLOWEST, _FASTEST)
        for digit in digits
    ]


def file_of(folder: Path, prompt: Prompt) -> Path:
    """Give the file that holds a prompt's recording."""
    return folder / f"{prompt.name}.wav"
