"""A line plot as SVG that is read without colour and without eyes: dashes tell the lines apart, a
table holds the data.

Drawn by hand, because a dozen elements need no plotting library.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

_WIDTH, _HEIGHT = 800, 480
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 200, 50, 60
# Okabe and Ito's colours, which the colour-blind tell apart; each is at 3:1 or more on white, or
# has its dashes.
_LINES = (
    ("#0072b2", ""),
    ("#d55e00", "8 4"),
    ("#007a5a", "2 3"),
    ("#a03f79", "12 4 2 4"),
    ("#000000", "1 5"),
)
_SVG = "http://www.w3.org/2000/svg"


@dataclass(frozen=True)
class Curve:
    """A named line through points (x, y)."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Labels:
    """Title, a description in words, and what the axes mean."""

    title: str
    description: str
    x: str
    y: str


def svg(labels: Labels, curves: Sequence[Curve]) -> str:
    """Draw shares (y from 0 to 1) over x."""
    xs = [x for curve in curves for x, _ in curve.points] or [0.0]
    low, high = min(xs), max(xs)
    high = high if high > low else low + 1
    ElementTree.register_namespace("", _SVG)
    root = ElementTree.Element(
        f"{{{_SVG}}}svg",
        {
            "viewBox": f"0 0 {_WIDTH} {_HEIGHT}",
            "role": "img",
            "aria-labelledby": "title description",
        },
    )
    _add(root, "title", labels.title, id="title")
    _add(root, "desc", labels.description, id="description")
    _add(root, "rect", width=_WIDTH, height=_HEIGHT, fill="#ffffff")
    text: dict[str, Any] = {"font-family": "sans-serif", "font-size": 14, "fill": "#000000"}
    _add(root, "text", labels.title, x=_LEFT, y=28, **(text | {"font-size": 18}))
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = _y(share)
        _add(root, "line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y, y2=y, stroke="#c0c0c0")
        _add(root, "text", f"{share:.0%}", x=_LEFT - 8, y=y + 5, **(text | {"text-anchor": "end"}))
    for n in range(5):
        value = low + (high - low) * n / 4
        x = _x(value, low, high)
        _add(root, "line", x1=x, x2=x, y1=_y(0), y2=_y(0) + 6, stroke="#000000")
        _add(root, "text", f"{value:g}", x=x, y=_y(0) + 22, **(text | {"text-anchor": "middle"}))
    _add(
        root,
        "text",
        labels.x,
        x=(_LEFT + _WIDTH - _RIGHT) / 2,
        y=_HEIGHT - 14,
        **(text | {"text-anchor": "middle"}),
    )
    turned = f"rotate(-90 18 {(_TOP + _HEIGHT - _BOTTOM) / 2})"
    middle = (_TOP + _HEIGHT - _BOTTOM) / 2
    _add(
        root,
        "text",
        labels.y,
        x=18,
        y=middle,
        transform=turned,
        **(text | {"text-anchor": "middle"}),
    )
    for place, curve in enumerate(curves):
        colour, dashes = _LINES[place % len(_LINES)]
        stroke: dict[str, Any] = {
            "fill": "none",
            "stroke": colour,
            "stroke-width": 2.5,
            "stroke-dasharray": dashes or "none",
        }
        points = " ".join(f"{_x(x, low, high):.1f},{_y(y):.1f}" for x, y in curve.points)
        _add(root, "polyline", points=points, **stroke)
        y = _TOP + 12 + 24 * place
        _add(root, "line", x1=_WIDTH - _RIGHT + 14, x2=_WIDTH - _RIGHT + 54, y1=y, y2=y, **stroke)
        _add(
            root, "text", curve.name, x=_WIDTH - _RIGHT + 60, y=y + 5, **(text | {"font-size": 12})
        )
    return ElementTree.tostring(root, encoding="unicode")


def _x(value: float, low: float, high: float) -> float:
    return _LEFT + (value - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT)


def _y(share: float) -> float:
    return _TOP + (1 - share) * (_HEIGHT - _TOP - _BOTTOM)


def _add(
    parent: ElementTree.Element, name: str, content: str | None = None, **attributes: object
) -> None:
    named = {key: str(value) for key, value in attributes.items()}
    ElementTree.SubElement(parent, f"{{{_SVG}}}{name}", named).text = content
