"""The wiring pictures, read back: each net is drawn once, joins its pins and touches no other."""

import re
from itertools import combinations, pairwise
from typing import NamedTuple
from xml.etree import ElementTree

import pytest

from host_tools.hardware.circuit import circuit
from host_tools.hardware.wiring_picture import picture
from tests.host_tools.hardware.tokens import ALL

SVG = "{http://www.w3.org/2000/svg}"
WIDEST = 0.75  # of a letter of DejaVu Sans on average, in font sizes: wider than any text here
USUAL = 0.55  # of a letter of DejaVu Sans in these texts, in font sizes


class Line(NamedTuple):
    """A level or upright line; x1 <= x2, y1 <= y2."""

    x1: int
    y1: int
    x2: int
    y2: int


@pytest.fixture(params=ALL, ids="-".join)
def drawn(request):
    whole = circuit(*request.param)
    return whole, ElementTree.fromstring(picture(whole))


def _groups(root, kind):
    return root.findall(f"{SVG}g[@class='{kind}']")


def _lines(group) -> list[Line]:
    """Give the lines of a net's path, which has M, H and V with absolute numbers alone."""
    lines = []
    x = y = 0
    path = group.find(f"{SVG}path").get("d")
    assert re.fullmatch(r"(?:M\d+ \d+|H\d+|V\d+)+", path)
    for step, first, second in re.findall(r"([MHV])(\d+)(?: (\d+))?", path):
        at = {"M": (int(first), int(second or 0)), "H": (int(first), y), "V": (x, int(first))}[step]
        if step != "M":
            lines.append(Line(*map(min, (x, y), at), *map(max, (x, y), at)))
        x, y = at
    return lines


def _pins(root) -> dict[tuple[str, str], tuple[int, int, int]]:
    """Give the left and right edge of each pin's box and the height of its text's middle."""
    found = {}
    for group in _groups(root, "part"):
        box = group.find(f"{SVG}rect")
        left, width = int(box.get("x")), int(box.get("width"))
        for text in group.findall(f"{SVG}text[@class='pin']"):
            place = left, left + width, int(text.get("y")) - 4
            found[group.get("data-part"), text.get("data-pin")] = place
    return found


def test_every_net_is_drawn_once(drawn):
    whole, root = drawn
    assert sorted(group.get("data-net") for group in _groups(root, "net")) == sorted(whole.nets)
    parts = [part.get("data-part") for part in _groups(root, "part")]
    assert sorted(parts) == sorted(whole.parts)
    for group in _groups(root, "net"):
        assert len(group.findall(f"{SVG}path")) == 1
        assert "".join(group.find(f"{SVG}text").itertext()) == group.get("data-net")


def test_a_net_s_lines_are_one_piece_and_end_at_its_pins(drawn):
    whole, root = drawn
    pins = _pins(root)
    assert set(pins) == {(part.ref, pin.name) for part in whole.parts.values() for pin in part.pins}
    for group in _groups(root, "net"):
        lines = _lines(group)
        joined = {lines[0]}
        while more := {a for a in lines for b in joined if _touch(a, b)} - joined:
            joined |= more
        assert joined == set(lines), group.get("data-net")
        level = {(x, line.y1) for line in lines if line.y1 == line.y2 for x in (line.x1, line.x2)}
        own = whole.nets[group.get("data-net")]
        for pin, (left, right, y) in pins.items():
            reached = any(
                (edge, near) in level for edge in (left, right) for near in (y, y - 1, y + 1)
            )
            assert reached == (pin in own), (group.get("data-net"), pin)


def test_lines_of_two_nets_only_cross(drawn):
    _, root = drawn
    nets = [_lines(group) for group in _groups(root, "net")]
    for one, other in combinations(nets, 2):
        for a in one:
            for b in other:
                if _touch(a, b):
                    level, upright = (a, b) if a.y1 == a.y2 and a.x1 != a.x2 else (b, a)
                    assert upright.x1 == upright.x2, (a, b)
                    assert level.x1 < upright.x1 < level.x2, (a, b)
                    assert upright.y1 < level.y1 < upright.y2, (a, b)


def test_where_three_lines_of_a_net_meet_there_is_a_dot(drawn):
    _, root = drawn
    for group in _groups(root, "net"):
        lines = _lines(group)
        upright = next(line for line in lines if line.x1 == line.x2)
        level = {line.y1 for line in lines if line.y1 == line.y2}
        dots = {(int(dot.get("cx")), int(dot.get("cy"))) for dot in group.findall(f"{SVG}circle")}
        assert dots == {(upright.x1, y) for y in level if upright.y1 < y < upright.y2}


def test_it_says_in_words_what_it_shows(drawn):
    whole, root = drawn
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "title desc"
    assert whole.title in root.find(f"{SVG}title").text
    words = root.find(f"{SVG}desc").text
    for name, pins in whole.nets.items():
        assert f"{name} joins " in words
        assert all(pin in words for _, pin in pins)


def test_no_text_leaves_its_place(drawn):
    _, root = drawn
    width, height = int(root.get("width")), int(root.get("height"))
    for text in root.iter(f"{SVG}text"):
        size = float(text.get("font-size", 12))
        assert size >= 10
        long = WIDEST * 0.8 * size * len("".join(text.itertext()))
        x, y = float(text.get("x")), float(text.get("y"))
        left = x - long if text.get("text-anchor") == "end" else x
        assert left >= 0, text.text
        assert left + long <= width, text.text
        assert 0 < y < height


def test_no_text_in_a_part_meets_another(drawn):
    _, root = drawn
    for group in _groups(root, "part"):
        box = group.find(f"{SVG}rect")
        bottom = float(box.get("y")) + float(box.get("height"))
        by_row: dict[float, list[tuple[float, float]]] = {}
        for text in group.findall(f"{SVG}text"):
            x, y = float(text.get("x")), float(text.get("y"))
            long = USUAL * float(text.get("font-size", 12)) * len("".join(text.itertext()))
            left = x - long if text.get("text-anchor") == "end" else x
            by_row.setdefault(y, []).append((left, left + long))
            assert y < bottom
        for spans in by_row.values():
            for (_, end), (begin, _) in pairwise(sorted(spans)):
                assert end < begin, group.get("data-part")


def test_a_part_that_the_docs_name_has_its_name_beside_it(drawn):
    whole, root = drawn
    titles = {
        group.get("data-part"): group.find(f"{SVG}text").text for group in _groups(root, "part")
    }
    named = [ref for ref in whole.parts if re.fullmatch(r"[A-Z]\d", ref)]
    assert {"Q1", "R5"} <= set(named)
    assert all(titles[ref].startswith(f"{ref}: ") for ref in named)


def _touch(a: Line, b: Line) -> bool:
    return a.x1 <= b.x2 and b.x1 <= a.x2 and a.y1 <= b.y2 and b.y1 <= a.y2
