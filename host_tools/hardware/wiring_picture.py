"""A wiring picture of a circuit as SVG: the board and the power latch at the left, the other parts
at the right, and between them every net once, as one upright line with a level line to each pin.

Lengths in pixels. Each level line has a height of its own, and upright lines that share a column do
not overlap, so lines of two nets only ever cross.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from host_tools.hardware.circuit import BOARD, Circuit, Part
from host_tools.hardware.parts import BESIDES, GROUND, RAIL, SUPPLY

ROW = 18  # from one pin of a part to the next
_GAP = 30  # above a part, where its title stands
_MARGIN, _HEAD = 16, 46
_BOX, _PADDING = 184, 8  # width of a part, and what is free at its edges
_LETTER = 6.6  # width of a letter, at most on average
_LEAD = 84  # from a part to the first upright line, where the nets' names stand
_TRACK = 13  # from one upright line to the next
_LEFT = {BOARD, *BESIDES["latch"], *BESIDES["battery"]}
# What docs/hardware.md and the self-test's error call a part; the loudspeaker's title says it.
_REFERENCES = {ref for parts in BESIDES.values() for ref in parts} - {"SPEAKER"}
_COLOURS = {GROUND: "#1a1a1a", RAIL: "#c00000", SUPPLY: "#d06000"}
# Dark enough on white for 4.5:1 (WCAG 1.4.3); names stand beside the lines too.
_OTHERS = ("#005fa3", "#7a2d8f", "#00695c", "#8a4b00", "#3f51b5", "#a3005f", "#3d6b00", "#5d4037")


@dataclass
class _Place:
    """Where a pin's level line begins."""

    x: int
    y: int
    right: bool


def picture(circuit: Circuit) -> str:
    """Give the SVG file."""
    sides = [
        [part for part in circuit.parts.values() if (part.ref in _LEFT) is left]
        for left in (True, False)
    ]
    nets = circuit.nets
    places: dict[tuple[str, str], _Place] = {}
    boxes: list[tuple[Part, int, int, int]] = []  # part, left, top, height
    bottoms = []
    for right, parts in enumerate(sides):
        top = _HEAD + right * ROW // 2  # so that no pin of one side is level with one of the other
        for part in parts:
            height = ROW * (len(part.pins) + _number_stands_below(part)) + 4
            boxes.append((part, right, top + _GAP, height))
            for row, pin in enumerate(part.pins):
                y = top + _GAP + 11 + ROW * row
                places[part.ref, pin.name] = _Place(0, y, bool(right))
            top += _GAP + -(-height // ROW) * ROW
        bottoms.append(top)
    tracks = _tracks(nets, places)
    channel = 2 * _LEAD + _TRACK * (max(tracks.values()) + 1)
    edges = (_MARGIN + _BOX, _MARGIN + _BOX + channel)
    for place in places.values():
        place.x = edges[place.right]
    width, height = edges[1] + _BOX + _MARGIN, max(bottoms) + _MARGIN
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img" aria-labelledby="title desc" '
        'font-family="DejaVu Sans, Arial, sans-serif" font-size="12">',
        f'<title id="title">Wiring: {escape(circuit.title)}</title>',
        f'<desc id="desc">{escape(_in_words(circuit))}</desc>',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="{_MARGIN}" y="26" font-size="17" font-weight="bold">'
        f"{escape(circuit.title)}</text>",
    ]
    colours = dict(_COLOURS)
    for name in nets:
        colours.setdefault(name, _OTHERS[len(colours) % len(_OTHERS)])
    for name, pins in nets.items():
        x = edges[0] + _LEAD + _TRACK * tracks[name]
        lines += _net(name, [places[pin] for pin in pins], x, colours[name])
    for part, right, top, height in boxes:
        x = edges[1] if right else _MARGIN
        lines += _box(part, x, top, height, bool(right))
    return "\n".join([*lines, "</svg>", ""])


def _tracks(
    nets: dict[str, list[tuple[str, str]]], places: dict[tuple[str, str], _Place]
) -> dict[str, int]:
    """Give each net's column: the first, from the left, where no net that it would overlap is."""
    spans = {
        name: (min(places[pin].y for pin in pins), max(places[pin].y for pin in pins))
        for name, pins in nets.items()
    }
    taken: list[list[tuple[int, int]]] = []
    found = {}
    for name, (low, high) in sorted(spans.items(), key=lambda item: (item[1], item[0])):
        free = (
            column
            for column, others in enumerate(taken)
            if all(high < begin or end < low for begin, end in others)
        )
        column = next(free, len(taken))
        if column == len(taken):
            taken.append([])
        taken[column].append((low, high))
        found[name] = column
    return found


def _net(name: str, places: list[_Place], x: int, colour: str) -> Iterator[str]:
    ys = [place.y for place in places]
    path = "".join(f"M{place.x} {place.y}H{x}" for place in places)
    path += f"M{x} {min(ys)}V{max(ys)}"
    yield f'<g class="net" data-net={quoteattr(name)} stroke="{colour}" fill="{colour}">'
    yield f'<path d="{path}" fill="none" stroke-width="1.6"/>'
    for y in ys:
        if min(ys) < y < max(ys):  # three lines meet; at the ends are corners
            yield f'<circle cx="{x}" cy="{y}" r="2.6" stroke="none"/>'
    first = places[0]
    at, anchor = (first.x - 6, "end") if first.right else (first.x + 6, "start")
    yield (
        f'<text x="{at}" y="{first.y - 4}" text-anchor="{anchor}" font-size="10.5" '
        f'stroke="none">{escape(name)}</text>'
    )
    yield "</g>"


def _number_stands_below(part: Part) -> bool:
    """Say whether the part's number has no room beside the name of the first pin."""
    letters = _LETTER * len(part.pins[0].name + part.number)
    return letters > _BOX - 3 * _PADDING


def _box(part: Part, x: int, top: int, height: int, right: bool) -> Iterator[str]:
    yield f'<g class="part" data-part={quoteattr(part.ref)}>'
    title = f"{part.ref}: {part.title}" if part.ref in _REFERENCES else part.title
    yield f'<text x="{x}" y="{top - 5}" font-weight="bold">{escape(title)}</text>'
    yield (
        f'<rect x="{x}" y="{top}" width="{_BOX}" height="{height}" rx="3" fill="#f4f4f4" '
        'stroke="#444444"/>'
    )
    number_at, number_end = (x + _BOX - _PADDING, "end") if right else (x + _PADDING, "start")
    number_y = top + 15 + (ROW * len(part.pins) if _number_stands_below(part) else 0)
    yield (
        f'<text x="{number_at}" y="{number_y}" text-anchor="{number_end}" font-size="11" '
        f'fill="#444444">{escape(part.number)}</text>'
    )
    for row, pin in enumerate(part.pins):
        at, anchor = (x + _PADDING, "start") if right else (x + _BOX - _PADDING, "end")
        style = "" if pin.net else ' fill="#666666" font-style="italic"'
        text = pin.name if pin.net else f"{pin.name} (open)"
        yield (
            f'<text class="pin" data-pin={quoteattr(pin.name)} x="{at}" '
            f'y="{top + 15 + ROW * row}" text-anchor="{anchor}"{style}>{escape(text)}</text>'
        )
    yield "</g>"


def _in_words(circuit: Circuit) -> str:
    """Give every net in words, for whoever hears the picture."""
    return " ".join(
        f"{name} joins {', '.join(f'{ref.lower()} {pin}' for ref, pin in pins)}."
        for name, pins in circuit.nets.items()
    )
