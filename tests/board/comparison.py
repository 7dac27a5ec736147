"""What the board showed and said, against what our emulator did."""

from dataclasses import dataclass

from tests.board.run_through import Shown

_RATE = 16  # samples a millisecond


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
    return Comparison(
        frames=count,
        same_frames=same,
        bar_apart=sum(_bar_apart(*pair, width) for pair in pairs),
        samples=len(board.samples),
        # A ring that runs dry sends zeros, also between samples of 0: they are left out of both.
        same_samples=[*filter(None, board.samples)] == [*filter(None, emulator.samples)],
        stall=(len(board.samples) - len(emulator.samples)) / _RATE,
    )


def _bar_apart(first: bytes, second: bytes, width: int) -> bool:
    """Say whether two frames differ in one column alone."""
    other = [n % width for n, (a, b) in enumerate(zip(first, second, strict=True)) if a != b]
    return len(set(other)) == 1
