"""A plot as SVG that is read without colour and without eyes: dashes tell lines apart, a title and
a description say what is seen; whoever shows a plot puts a table with its figures beside it.

Written out here because a dozen elements need no plotting library. Colours come from the classes
`line-0` … and `points`, with defaults that hold without a style sheet.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

_SVG = "http://www.w3.org/2000/svg"
# Okabe and Ito's colours, which the colour-blind tell apart; each is at 3:1 or more on white, or
# has its dashes.
_STROKES = (
    ("#0072b2", ""),
    ("#d55e00", "8 4"),
    ("#007a5a", "2 3"),
    ("#a03f79", "12 4 2 4"),
    ("#000000", "1 5"),
)
_LEGEND = 200  # units to the right of the plot, where lines have names


@dataclass(frozen=True)
class Curve:
    """A line through points (x, y), or the points alone. Names stand in a legend."""

    name: str
    points: tuple[tuple[float, float], ...]
    dots: bool = False


@dataclass(frozen=True)
class Axis:
    """Values with a mark each, ascending, and how a mark is labelled; `title` may be empty."""

    marks: tuple[float, ...]
    label: Callable[[float], str]
    title: str = ""

    def place(self, value: float, start: float, end: float) -> float:
        """Give where `value` stands when the axis goes from `start` to `end`."""
        low, high = self.marks[0], self.marks[-1]
        return round(start + (value - low) / (high - low) * (end - start), 1)


@dataclass(frozen=True)
class Labels:
    """Title and description in words; `identifier` is unique in the page that holds the plot."""

    title: str
    description: str
    identifier: str = "plot"


def round_marks(values: Sequence[float], most: int = 6) -> tuple[float, ...]:
    """Give marks around `values` and zero, 1, 2 or 5 times a power of ten apart, with at most
    about `most` spaces between them."""
    low, high = min([*values, 0.0]), max([*values, 0.0])
    step, power = 0.0, 0.1
    while not step:
        step = next((f * power for f in (1, 2, 5) if (high - low) / (f * power) <= most), 0.0)
        power *= 10
    first, last = int(low // step), int(-(-high // step))
    return tuple(step * n for n in range(first, max(last, first + 1) + 1))


def even_marks(low: float, high: float, spaces: int) -> tuple[float, ...]:
    """Give marks from `low` to `high`, evenly apart."""
    high = high if high > low else low + 1
    return tuple(low + (high - low) * n / spaces for n in range(spaces + 1))


def draw(labels: Labels, x: Axis, y: Axis, curves: Sequence[Curve], size: tuple[int, int]) -> str:
    """Draw curves over the two axes; `size` is width and height in units."""
    width, height = size
    named = any(curve.name for curve in curves)
    left, right = 70, width - (_LEGEND if named else 16)
    top, bottom = 50 if named else 16, height - (60 if x.title else 36)
    root = picture("plot", labels, size)
    add(root, "rect", width=width, height=height, fill="#ffffff", **{"class": "paper"})
    text: dict[str, Any] = {"font-family": "sans-serif", "font-size": 14, "fill": "#000000"}
    middle = text | {"text-anchor": "middle"}
    if named:
        add(root, "text", labels.title, x=left, y=28, **(text | {"font-size": 18}))
    for mark in y.marks:
        at, kind = y.place(mark, bottom, top), "zero" if mark == 0 else "grid"
        add(root, "line", x1=left, x2=right, y1=at, y2=at, stroke="#c0c0c0", **{"class": kind})
        add(root, "text", y.label(mark), x=left - 8, y=at + 5, **(text | {"text-anchor": "end"}))
    for number, mark in enumerate(x.marks):
        at = x.place(mark, left, right)
        add(root, "line", x1=at, x2=at, y1=bottom, y2=bottom + 6, stroke="#000000")
        inside = {0: "start", len(x.marks) - 1: "end"} if not named else {}
        anchor = {"text-anchor": inside.get(number, "middle")}
        add(root, "text", x.label(mark), x=at, y=bottom + 22, **(text | anchor))
    if x.title:
        add(root, "text", x.title, x=(left + right) / 2, y=height - 14, **middle)
    if y.title:
        centre = (top + bottom) / 2
        turned = f"rotate(-90 18 {centre})"
        add(root, "text", y.title, x=18, y=centre, transform=turned, **middle)
    for number, curve in enumerate(curves):
        places = [(x.place(a, left, right), y.place(b, bottom, top)) for a, b in curve.points]
        colour, dashes = _STROKES[number % len(_STROKES)]
        if curve.dots:
            for a, b in places:
                add(root, "circle", cx=a, cy=b, r=3.5, fill=colour, **{"class": "points"})
            continue
        stroke: dict[str, Any] = {"class": f"line-{number}", "fill": "none", "stroke": colour}
        stroke |= {"stroke-width": 2.5, "stroke-dasharray": dashes or "none"}
        add(root, "polyline", points=" ".join(f"{a},{b}" for a, b in places), **stroke)
        if named:
            at = top + 12 + 24 * number
            add(root, "line", x1=right + 14, x2=right + 54, y1=at, y2=at, **stroke)
            add(root, "text", curve.name, x=right + 60, y=at + 5, **(text | {"font-size": 12}))
    return ElementTree.tostring(root, encoding="unicode")


def picture(kind: str, labels: Labels, size: tuple[int, int]) -> ElementTree.Element:
    """Begin an SVG of the class `kind` and the size `size`, with its title and description."""
    ElementTree.register_namespace("", _SVG)
    ids = f"{labels.identifier}-title", f"{labels.identifier}-description"
    attributes = {"class": kind, "viewBox": f"0 0 {size[0]} {size[1]}", "role": "img"}
    root = ElementTree.Element(f"{{{_SVG}}}svg", attributes | {"aria-labelledby": " ".join(ids)})
    add(root, "title", labels.title, id=ids[0])
    add(root, "desc", labels.description, id=ids[1])
    return root


def add(
    parent: ElementTree.Element, name: str, content: str | None = None, **attributes: object
) -> None:
    """Put an element into another one."""
    written = {key: str(value) for key, value in attributes.items()}
    ElementTree.SubElement(parent, f"{{{_SVG}}}{name}", written).text = content
