"""What an emulated token has fingers feel, as text: short and long pulses, with a space between
digits and a bar between groups. It is read from the motor's vibration, never asked of the
firmware. Times are seconds."""

from collections.abc import Callable
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.session import Emulator

SHORT, LONG = "·", "—"
_RATE = 1000  # samples of Emulator.vibration() a second
_FELT = 0.5  # strength from which on a vibration counts
# At every speed of firmware/speech/vibration.py: pulses that are longer are long, pauses that are
# longer are between digits, between groups, and at the end.
_LONG_PULSE, _DIGIT_PAUSE, _GROUP_PAUSE, _END = 0.21, 0.3, 0.93, 2.5


class VibrationDetector:
    """Splits a token's vibration into what was felt at a time; `on_felt` gets its text."""

    def __init__(self, emulator: "Emulator", on_felt: Callable[[str], None]) -> None:
        """Start at the token's present time."""
        self._emulator, self._on_felt = emulator, on_felt
        self._position = emulator.elapsed
        self._felt: list[bool] = []

    def update(self) -> None:
        """Take in the vibration since the last call."""
        with self._emulator.lock:
            now = self._emulator.elapsed
            strengths = self._emulator.vibration(self._position, now)
        self._position += len(strengths) / _RATE
        self._felt += [strength >= _FELT for strength in strengths]
        if True not in self._felt:
            self._felt = []
        elif not any(self._felt[-round(_END * _RATE) :]):
            self._on_felt(as_text(self._felt))
            self._felt = []


def as_text(felt: list[bool]) -> str:
    """Give pulses as text, of samples that say whether the motor vibrates."""
    text = ""
    for on, run in groupby(felt):
        seconds = sum(1 for _ in run) / _RATE
        if on:
            text += LONG if seconds > _LONG_PULSE else SHORT
        elif text:
            text += " | " if seconds > _GROUP_PAUSE else " " if seconds > _DIGIT_PAUSE else ""
    return text.rstrip(" |")
