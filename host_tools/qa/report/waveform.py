"""The sound of a press as an SVG: its loudness over time, with the digits where they are spoken."""

import wave
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

_SVG = "http://www.w3.org/2000/svg"
_WIDTH, _HEIGHT, _TOP = 450, 84, 24  # units; digits stand above _TOP
_STEPS = 300  # bars that the sound is drawn with


def draw(sound: Path, digits: str, spans: Sequence[tuple[float, float]], name: str) -> str:
    """Draw the WAV file `sound`, 16 bits and one channel; `spans` are the begin and end of each of
    `digits` in seconds. `name` is unique in the page."""
    with wave.open(str(sound)) as file:
        rate = file.getframerate()
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(int)
    seconds = max(len(samples) / rate, 0.001)
    ElementTree.register_namespace("", _SVG)
    ids = f"{name}-title {name}-description"
    root = ElementTree.Element(
        f"{{{_SVG}}}svg",
        {
            "class": "waveform",
            "viewBox": f"0 0 {_WIDTH} {_HEIGHT}",
            "role": "img",
            "aria-labelledby": ids,
        },
    )
    _add(root, "title", f"The sound, {seconds:.1f} s", id=f"{name}-title")
    said = ", ".join(
        f"{digit} at {begin:.1f} s" for digit, (begin, _) in zip(digits, spans, strict=True)
    )
    _add(root, "desc", said or "No digits", id=f"{name}-description")
    for digit, (begin, end) in zip(digits, spans, strict=True):
        left, right = (round(_WIDTH * moment / seconds, 1) for moment in (begin, end))
        band = {"x": left, "y": _TOP, "width": right - left, "height": _HEIGHT - _TOP}
        _add(root, "rect", **band, **{"class": "digit"})
        _add(root, "text", digit, x=(left + right) / 2, y=_TOP - 6, **{"text-anchor": "middle"})
    _add(root, "path", d=_bars(samples), **{"class": "sound"})
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


def _add(
    parent: ElementTree.Element, tag: str, content: str | None = None, **values: object
) -> None:
    written = {key: str(value) for key, value in values.items()}
    ElementTree.SubElement(parent, f"{{{_SVG}}}{tag}", written).text = content
