"""What the user hears: samples of the I2S bus while the amplifier or the jack passes them on.

Times are virtual seconds since the emulator started, as in `Emulator.elapsed`.
"""

from __future__ import annotations  # array[int] is for type checkers before Python 3.12

import sys
import wave
from array import array
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from emulator.board import Board

RATE = 16_000
SILENT = 32  # amplitude up to which a sample counts as silence: -60 dB of full scale
_BLOCK = 1000  # samples; whether a block is silent is found faster than sample by sample
_US = 1_000_000


class Heard(NamedTuple):
    """16-bit samples of loudspeaker and headphones from `start` on, `rate` a second."""

    start: float
    rate: int
    speaker: array[int]
    headphones: array[int]

    @property
    def samples(self) -> array[int]:
        """What the user hears: the headphones where they are not silent, else the loudspeaker."""
        if not self.headphones.tobytes().strip(b"\0"):
            return self.speaker
        return array(
            "h", (near or far for near, far in zip(self.headphones, self.speaker, strict=True))
        )

    def onset(self, silent: int = SILENT) -> float | None:
        """Give the time of the first sample louder than `silent`, None when there is none."""
        samples = self.samples
        for begin in range(0, len(samples), _BLOCK):
            block = samples[begin : begin + _BLOCK]
            if max(block) > silent or min(block) < -silent:
                first = next(n for n, sample in enumerate(block) if abs(sample) > silent)
                return self.start + (begin + first) / self.rate
        return None

    def offset(self, silent: int = SILENT) -> float | None:
        """Give the end of the last sample louder than `silent`, None when there is none."""
        samples = self.samples
        last = next((n for n in range(len(samples) - 1, -1, -1) if abs(samples[n]) > silent), None)
        return None if last is None else self.start + (last + 1) / self.rate


class Sound:
    """Sound of a board, live or recorded. A board without sound parts is silent."""

    def __init__(self, board: Board) -> None:
        """Take the sound parts of `board`."""
        self._parts, self._clock = board.parts, board.clock
        self._recording: tuple[int, Path] | None = None

    def heard(self, start: float, end: float) -> Heard:
        """Give the sound from `start` to `end`; the future is silence."""
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
        """Give the samples while `part` was on, else silence."""
        through = array("h", bytes(2 * len(samples)))
        for began, ended in part.spans if part else ():
            first, last = max(began, start), min(end, self._clock.now if ended is None else ended)
            if first < last:
                # The first whole sample, and those that have begun by the end.
                places = slice(-(-(first - start) * RATE // _US), -(-(last - start) * RATE // _US))
                through[places] = samples[places]
        return through

    def record(self, path: Path) -> None:
        """Start a recording; ValueError when one is running. `stop_recording` writes the file."""
        if self._recording:
            raise ValueError("A recording is running already.")
        self._recording = self._clock.now, path

    def stop_recording(self) -> Path:
        """Write the WAV file and give its path; ValueError when no recording is running."""
        if not self._recording:
            raise ValueError("No recording is running.")
        (start, path), self._recording = self._recording, None
        return write_wav(path, self._heard(start, self._clock.now).samples, RATE)


def write_wav(path: Path, samples: array[int], rate: int) -> Path:
    """Write a 16-bit mono WAV file and give its path."""
    path.write_bytes(wav(samples, rate))
    return path


def wav(samples: array[int], rate: int) -> bytes:
    """Give the content of a 16-bit mono WAV file."""
    ordered = array("h", samples)
    if sys.byteorder == "big":
        ordered.byteswap()
    written = BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(ordered.tobytes())
    return written.getvalue()
