"""What the board showed and said, against what our emulator did."""

import re
from array import array
from dataclasses import dataclass

from tests.board.run_through import Shown

_RATE = 16  # samples a millisecond
_SILENCE = re.compile(rb"(?:\0\0){64,}")  # 4 ms; only silence has so many samples of 0


@dataclass(frozen=True)
class Comparison:
    """`frames` and `samples` are those of the board. The bar of the time left moves pixel by pixel,
    by milliseconds: where the two drew at another instant of a pixel's time, its end may be one
    pixel apart (`bar_apart` frames). `stall` is silence, milliseconds, that only the board has: its
    ring of samples ran dry while it computed."""

    frames: int
    same_frames: int
    bar_apart: int
    samples: int
    same_samples: bool
    stall: float

    @property
    def good(self) -> bool:
        """Say whether the board showed and said the same."""
        return self.same_frames + self.bar_apart == self.frames > 0 and self.same_samples


def compare(board: Shown, emulator: Shown, width: int) -> Comparison:
    """Compare frame by frame and sample by sample; a display has `width` pixels a row.

    Of the last frames, one of the two may have one more: the time to watch ended before it.
    """
    count = min(len(board.frames), len(emulator.frames))
    if abs(len(board.frames) - len(emulator.frames)) > 1:
        count = max(len(board.frames), len(emulator.frames))
    pairs = list(zip(board.frames, emulator.frames, strict=False))
    same = sum(ours == theirs for ours, theirs in pairs)
    ours, theirs = _samples(board.samples), _samples(emulator.samples)
    return Comparison(
        frames=count,
        same_frames=same,
        bar_apart=sum(_bar_apart(*pair, width) for pair in pairs),
        samples=len(ours) // 2,
        same_samples=_spoken(ours) == _spoken(theirs),
        stall=(len(ours) - len(theirs)) / 2 / _RATE,
    )


def _bar_apart(first: bytes, second: bytes, width: int) -> bool:
    """Say whether two frames differ in one column alone."""
    other = [n % width for n, (a, b) in enumerate(zip(first, second, strict=True)) if a != b]
    return len(set(other)) == 1


def _samples(samples: list[int]) -> bytes:
    return array("h", samples).tobytes()


def _spoken(samples: bytes) -> bytes:
    """Give the samples without silences."""
    return b"".join(samples[start:end] for start, end in _stretches(samples))


def _stretches(samples: bytes) -> list[tuple[int, int]]:
    """Give start and end of what lies between silences, bytes."""
    found, begin = [], 0
    for silence in _SILENCE.finditer(samples):
        # a sample is two bytes: a silence begins and ends at whole ones
        start, end = silence.start() + silence.start() % 2, silence.end() - silence.end() % 2
        found.append((begin, start))
        begin = end
    return [*found, (begin, len(samples))]
