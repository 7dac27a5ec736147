"""What a user hears: the samples on the I2S bus where amplifier and jack let them through. Times in
virtual seconds.

Times count from the start of the emulator, as `Emulator.elapsed` does; they do not jump when the
world's time is set.
"""

from __future__ import annotations  # array[int] is for type checkers before Python 3.12

import sys
import wave
from array import array
from pathlib import Path
from typing import Any, NamedTuple

from emulator.board import Board

RATE = 16_000
SILENT = 32  # amplitude of 32768, -60 dB: quieter than any room
_US = 1_000_000


class Heard(NamedTuple):
    """Samples (16 bits) of the loudspeaker and of the headphones from `start` on, `rate` a
    second."""

    start: float
    rate: int
    speaker: array[int]
    headphones: array[int]

    @property
    def samples(self) -> array[int]:
        """What reaches the user: the headphones where they sound, else the loudspeaker."""
        if not any(self.headphones):
            return self.speaker
        return array(
            "h", (near or far for near, far in zip(self.headphones, self.speaker, strict=True))
        )

    def onset(self, silent: int = SILENT) -> float | None:
        """When the first sample louder than `silent` was heard."""
        return next(
            (
                self.start + n / self.rate
                for n, sample in enumerate(self.samples)
                if abs(sample) > silent
            ),
            None,
        )

    def offset(self, silent: int = SILENT) -> float | None:
        """When the last sample louder than `silent` was over."""
        samples = self.samples
        last = next((n for n in range(len(samples) - 1, -1, -1) if abs(samples[n]) > silent), None)
        return None if last is None else self.start + (last + 1) / self.rate


class Sound:
    """The ears of a test. A token without sound is silent."""

    def __init__(self, board: Board) -> None:
        """Listen to the parts on the board."""
        self._parts, self._clock = board.parts, board.clock
        self._recording: tuple[int, Path] | None = None

    def heard(self, start: float, end: float) -> Heard:
        """What was heard from `start` to `end`; silence where the end is yet to come."""
        return self._heard(round(start * _US), round(end * _US))

    def _heard(self, start: int, end: int) -> Heard:
        count = max(0, (end - start) * RATE // _US)
        bus = self._parts.get("audio")
        samples = bus.between(start, end, RATE) if bus and count else array("h", bytes(2 * count))
        ways = [
            self._through(samples, self._parts.get(name), start, end)
            for name in ("amplifier", "jack")
        ]
        return Heard(start / _US, RATE, *ways)

    def _through(self, samples: array[int], part: Any, start: int, end: int) -> array[int]:
        """The samples while a part was on, silence besides."""
        through = array("h", bytes(2 * len(samples)))
        for began, ended in part.spans if part else ():
            first, last = max(began, start), min(end, self._clock.now if ended is None else ended)
            if first < last:
                # The first whole sample, and those that have begun by the end.
                places = slice(-(-(first - start) * RATE // _US), -(-(last - start) * RATE // _US))
                through[places] = samples[places]
        return through

    def record(self, path: Path) -> None:
        """Keep what is heard from now on for a WAV file, which `stop_recording` writes."""
        if self._recording:
            raise ValueError("A recording is running already.")
        self._recording = self._clock.now, path

    def stop_recording(self) -> Path:
        """Write the WAV file and give its path."""
        if not self._recording:
            raise ValueError("No recording is running.")
        (start, path), self._recording = self._recording, None
        return write_wav(path, self._heard(start, self._clock.now).samples, RATE)


def write_wav(path: Path, samples: array[int], rate: int) -> Path:
    """Write 16 bits mono, and give the path."""
    ordered = array("h", samples)
    if sys.byteorder == "big":
        ordered.byteswap()
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(ordered.tobytes())
    return path
