"""A token as it looks in the hand, in the display's pixels: of the layout of its case.

The display is drawn in full size, and takes more room here than in the case; keys, loudspeaker and
sockets lie as in the case, on what is left.
"""

from dataclasses import dataclass
from typing import NamedTuple

from emulator.chips.keypad import KEYS
from host_tools.hardware.case.layout import CAP, DOT_WIDE, LAYOUTS, Layout
from host_tools.image.image import load_board

_BEZEL = 0.04  # around the display, of its width
_SHORTEST, _TALLEST = 1.2, 1.38  # a case's height by its width: others are drawn so
_HOLE_WIDE = 2.0  # a hole of the loudspeaker, millimetres


class Box(NamedTuple):
    """A rectangle from its upper left corner."""

    x: float
    y: float
    wide: float
    high: float


@dataclass(frozen=True)
class Drawing:
    """Where everything is, from the case's upper left corner. `rows` are the keys as a grid."""

    wide: float
    high: float
    rounding: float
    glass: Box
    display: Box
    keys: dict[str, Box]
    rows: tuple[tuple[str, ...], ...]
    dots: tuple[tuple[float, float, float], ...]  # x, y, radius
    holes: tuple[tuple[float, float, float], ...]
    jack: Box | None
    usb: Box


def drawing(product: str, board: str) -> Drawing:
    """Draw a product on a board."""
    layout = LAYOUTS[product, board]
    panel = load_board(board)["products"][product]["display"]
    wide, high = panel["width"], panel["height"]
    bezel = round(wide * _BEZEL)
    body = wide + 4 * bezel
    top = high + 5 * bezel  # where the keys' part begins
    right = wide / layout.wide  # pixels in a millimetre, to the right and down
    highest = max(y for _, y in layout.keys.values()) + CAP / 2
    down = min(right, (_TALLEST * body - top) / highest)
    total = max(round(top + highest * down), round(_SHORTEST * body))
    top += (total - top - highest * down) / 2

    def place(x: float, y: float) -> tuple[float, float]:
        return round(2 * bezel + x * right, 2), round(top + (highest - y) * down, 2)

    def key(x: float, y: float) -> Box:
        left, above = place(x - CAP / 2, y + CAP / 2)
        return Box(left, above, round(CAP * right, 2), round(CAP * down, 2))

    def rounds(
        points: tuple[tuple[float, float], ...], across: float
    ) -> tuple[tuple[float, float, float], ...]:
        return tuple((*place(x, y), round(across / 2 * down, 2)) for x, y in points)

    keys = {"red" if name == "button" else name: key(x, y) for name, (x, y) in layout.keys.items()}
    socket = 3.0 * bezel
    display = Box(2 * bezel, 2 * bezel, wide, high)
    return Drawing(
        body,
        total,
        2.2 * bezel,
        Box(bezel, bezel, wide + 2 * bezel, high + 2 * bezel),
        display,
        keys,
        _rows(layout),
        rounds(layout.dots, DOT_WIDE),
        rounds(layout.speaker_holes, _HOLE_WIDE),
        Box(body, top, bezel, socket) if "jack" in layout.parts else None,
        Box((body - 2 * socket) / 2, total, 2 * socket, bezel),
    )


def _rows(layout: Layout) -> tuple[tuple[str, ...], ...]:
    """Give the keys as a grid: the keypad's rows, and the red key below its right column."""
    if "5" not in layout.keys:
        return (("red",),)
    return (*(tuple(row) for row in KEYS), ("red",))
