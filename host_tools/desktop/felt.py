"""What an emulated token has fingers feel, as text: short and long pulses, with a space between
digits and a bar between groups. It is read from the motor's vibration, never asked of the
firmware. Times are seconds."""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from emulator.chips.i2s import KEPT_S

if TYPE_CHECKING:
    from emulator.session import Emulator

SHORT, LONG = "·", "—"
_RATE = 1000  # samples of Emulator.vibration() a second
_PIECE = 50  # of them, at the end of each of which it may have ended
_FELT = 0.5  # strength from which on a vibration counts
# At every speed of firmware/speech/vibration.py: pulses that are longer are long, pauses that are
# longer are between digits, between groups, and at the end.
_LONG_PULSE, _DIGIT_PAUSE, _GROUP_PAUSE, _END = 0.21, 0.3, 0.93, 2.5


class VibrationDetector:
    """Splits a token's vibration into what was felt at a time; `on_felt` gets (text, start)."""

    def __init__(self, emulator: "Emulator", on_felt: Callable[[str, float], None]) -> None:
        """Start at the token's present time."""
        self._emulator, self._on_felt = emulator, on_felt
        self._position = emulator.elapsed
        self._felt: list[bool] = []
        self._began = 0.0

    def update(self) -> None:
        """Take in the vibration since the last call, of a leap in time as much as of sound."""
        with self._emulator.lock:
            now = self._emulator.elapsed
            start = max(self._position, now - KEPT_S)
            strengths = self._emulator.vibration(start, now)
        if start > self._position:
            self._end()
        for first in range(0, len(strengths), _PIECE):
            self._take(start + first / _RATE, strengths[first : first + _PIECE])
        self._position = start + len(strengths) / _RATE

    def _take(self, start: float, strengths: Sequence[float]) -> None:
        felt = [strength >= _FELT for strength in strengths]
        if not self._felt and True in felt:
            self._began = start
        if self._felt or True in felt:
            self._felt += felt
        if not any(self._felt[-round(_END * _RATE) :]):
            self._end()

    def _end(self) -> None:
        """Tell of what was felt, if anything was."""
        if self._felt:
            self._on_felt(as_text(self._felt), self._began)
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
