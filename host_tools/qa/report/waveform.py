"""The sound of a press as an SVG: its loudness over time, with the digits where they are spoken."""

import wave
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from host_tools.svg_plot import Labels, add, picture

_WIDTH, _HEIGHT, _TOP = 450, 84, 24  # units; digits stand above _TOP
_STEPS = 300  # bars that the sound is drawn with


def draw(sound: Path, digits: str, spans: Sequence[tuple[float, float]], name: str) -> str:
    """Draw the WAV file `sound`, 16 bits and one channel; `spans` are the begin and end of each of
    `digits` in seconds. `name` is unique in the page."""
    with wave.open(str(sound)) as file:
        rate = file.getframerate()
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(int)
    seconds = max(len(samples) / rate, 0.001)
    said = ", ".join(
        f"{digit} at {begin:.1f} s" for digit, (begin, _) in zip(digits, spans, strict=True)
    )
    labels = Labels(f"The sound, {seconds:.1f} s", said or "No digits", name)
    root = picture("waveform", labels, (_WIDTH, _HEIGHT))
    for digit, (begin, end) in zip(digits, spans, strict=True):
        left, right = (round(_WIDTH * moment / seconds, 1) for moment in (begin, end))
        band = {"x": left, "y": _TOP, "width": right - left, "height": _HEIGHT - _TOP}
        add(root, "rect", **band, **{"class": "digit"})
        add(root, "text", digit, x=(left + right) / 2, y=_TOP - 6, **{"text-anchor": "middle"})
    add(root, "path", d=_bars(samples), **{"class": "sound"})
    return ElementTree.tostring(root, encoding="unicode")


def _bars(samples: "np.typing.NDArray[np.int_]") -> str:
    """Give a vertical line from the lowest to the highest sample of each step."""
    middle, half = (_TOP + _HEIGHT) / 2, (_HEIGHT - _TOP) / 2
    lines = []
    for number, piece in enumerate(np.array_split(samples, _STEPS)):
        if piece.size:
            low, high = (
                round(middle - half * value / 32768, 1) for value in (piece.min(), piece.max())
            )
            lines.append(f"M{(number + 0.5) * _WIDTH / _STEPS} {high}V{low}")
    return "".join(lines)
