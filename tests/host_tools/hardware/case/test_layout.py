"""Where the parts lie: inside, apart from each other, and so that keys, dot and display are right.
This needs no CadQuery."""

from dataclasses import replace
from itertools import combinations
from itertools import product as pairs

import pytest
from PIL import Image

from host_tools.devtools import case_pictures
from host_tools.hardware.case import layout as case
from host_tools.hardware.case.layout import LAYOUTS, Box, Layout, distinct
from host_tools.image.image import load_product, names

# What lies in the case for a part of the product; the board has USB, the latch the divider. Parts
# that some tokens have beside these need no place of their own.
STANDS_FOR = {
    "display": {"oled", "memory lcd"},
    "clock": {"clock"},
    "button": {"key", "red key"},
    "battery": {"cell"},
    "latch": {"latch"},
    "usb": {"board"},
    "keypad": {"keys"},
    "audio": {"headphones"},
    "amplifier": {"amplifier"},
    "jack": {"jack"},
}


@pytest.fixture(params=distinct(), ids="-".join)
def layout(request) -> Layout:
    return LAYOUTS[request.param]


@pytest.fixture(params=names("boards"))
def speaking(request) -> Layout:
    return LAYOUTS["kodeoplaeser", request.param]


def test_every_product_has_a_case_for_every_board_with_all_of_its_parts():
    assert set(LAYOUTS) == set(pairs(names("products"), names("boards")))
    for (product, _), layout in LAYOUTS.items():
        for part in STANDS_FOR.keys() & set(load_product(product)["parts"]):
            assert STANDS_FOR[part] & set(layout.parts), (product, part)


def test_parts_lie_inside_and_none_where_another_or_a_post_is(layout):
    placed = {**layout.parts, **{f"post {n}": post for n, post in enumerate(layout.posts)}}
    for name, box in placed.items():
        assert min(box.x, box.y, box.z) >= 0, name
        assert box.x + box.wide <= layout.wide, name
        assert box.y + box.long <= layout.long, name
        assert box.z + box.high <= layout.high, name
    for (one, a), (other, b) in combinations(placed.items(), 2):
        assert not a.overlaps(b), (one, other)


def test_boxes_that_only_touch_do_not_overlap():
    assert Box(0, 0, 0, 1, 1, 1).overlaps(Box(0.9, 0.9, 0.9, 1, 1, 1))
    assert not Box(0, 0, 0, 1, 1, 1).overlaps(Box(1, 0, 0, 1, 1, 1))
    assert not Box(0, 0, 0, 1, 1, 1).overlaps(Box(0, 0, 2, 1, 1, 1))


def test_keys_are_12_mm_and_stand_apart(layout):
    assert case.CAP == 12
    for one, other in combinations(layout.keys.values(), 2):
        apart = max(abs(one[0] - other[0]), abs(one[1] - other[1]))
        assert apart - case.CAP - 2 * case.KEY_GAP >= 3, "a web that a finger feels"


def test_the_telephone_s_order_and_the_red_key_at_the_bottom_right(speaking):
    keys = speaking.keys
    rows = [[keys[name] for name in row] for row in ("123", "456", "789", "*0#")]
    for row in rows:
        assert row[0][0] < row[1][0] < row[2][0]
        assert len({y for _, y in row}) == 1
    assert [row[0][1] for row in rows] == sorted((row[0][1] for row in rows), reverse=True)
    red = keys["red"]
    assert red[0] == max(x for x, _ in keys.values())
    assert red[1] == min(y for _, y in keys.values())
    lowest = min(y for name, (_, y) in keys.items() if name != "red")
    assert lowest - red[1] > case.PITCH, "farther from the digits than these from each other"


def test_one_dot_is_beside_the_red_key_and_high_enough(speaking):
    layout = speaking
    (dot,) = layout.dots
    assert case.DOT_HIGH >= 0.5, "ISO 24503"
    red = layout.keys["red"]
    opening = case.CAP / 2 + case.KEY_GAP
    gap = dot[0] - red[0] - opening - case.DOT_WIDE / 2
    assert dot[1] == red[1]
    assert 1 <= gap <= 5, "its own, and the key's"
    assert dot[0] + case.DOT_WIDE / 2 < layout.wide
    for name, (x, y) in layout.keys.items():
        if name != "red":
            assert max(abs(x - dot[0]), abs(y - dot[1])) > opening + case.DOT_WIDE / 2


def test_a_case_with_one_key_has_no_dot():
    assert not any(
        layout.dots for (product, _), layout in LAYOUTS.items() if product == "kodeviser"
    )


def test_all_of_the_display_is_seen_and_nothing_but_it(layout):
    seen = case.VISIBLE[layout.window]
    part = case.MEASURES[layout.window]
    assert all(
        size + 2 * case.WINDOW_GAP < whole for size, whole in zip(seen, part[:2], strict=True)
    )
    window = layout.parts[layout.window]
    assert window.z + window.high == layout.high, "right behind the lid"


def test_keys_and_loudspeaker_are_behind_their_openings(layout):
    for name, (x, y) in layout.keys.items():
        part = layout.parts["red key" if name == "red" else "key" if name == "button" else "keys"]
        assert part.x <= x - 6, name
        assert x + 6 <= part.x + part.wide, name
        assert part.y <= y - 6, name
        assert y + 6 <= part.y + part.long, name
    for x, y in layout.speaker_holes:
        speaker = layout.parts["speaker"]
        assert speaker.x < x < speaker.x + speaker.wide
        assert speaker.y < y < speaker.y + speaker.long


def test_the_board_s_sockets_are_at_their_opening(layout):
    board, shape = layout.parts["board"], layout.board
    assert board.y <= 1.5, "the sockets stand out 1.3 mm"
    assert board.z + shape.socket_at - shape.opening[1] / 2 > 0
    for post in layout.posts[::2]:  # those at the near wall
        apart = abs(post.middle[0] - board.middle[0])
        assert apart >= (shape.opening[0] + post.wide) / 2, "a plug with its grip"


def test_a_board_lies_on_its_pegs_and_a_plug_does_not_push_it_away(layout):
    board, shape = layout.parts["board"], layout.board
    radius = case.PEG / 2
    for x, y in shape.rests:
        assert radius <= x + 0.3 <= board.wide - radius + 0.6, "the peg is under the board"
        assert 0 < y < board.long
    assert shape.screws or len(shape.stops) == 2
    for x, y in shape.stops:
        assert x - case.STOP / 2 >= 0, "behind the board"
        assert x + case.STOP / 2 <= board.wide
        assert 0 < y - case.STOP / 2 - board.long <= 0.5
    assert board.z + board.high / 2 > board.z + shape.thick


def test_the_devkit_s_pegs_stand_between_the_rows_of_its_pins():
    """Rows 22.86 mm apart, the first pin of each 9.2 mm from the near edge (KiCad footprint)."""
    shape = case.SHAPES["esp32_s3"]
    board = case.MEASURES[shape.measure]
    row = (board.wide - 22.86) / 2
    for x, y in shape.rests:
        assert min(x - row, board.wide - row - x) > case.PEG / 2 + 1 or y + case.PEG / 2 < 9.2 - 1


def test_walls_are_thick_enough_to_print_and_to_hold_a_screw():
    assert min(case.WALL, case.FLOOR, case.LID) >= 2
    assert (case.POST - case.SCREW_PILOT) / 2 >= 2
    assert (case.PEG - case.PEG_PILOT) / 2 >= 1.2
    assert case.LIP >= 1.2
    assert case.SCREW_HOLE > 2.5 > case.SCREW_PILOT, "M2.5"


def test_every_measure_has_its_source():
    for name, measure in case.MEASURES.items():
        assert len(measure.source) > 10, name
        assert min(measure[:3]) > 0


@pytest.mark.parametrize(("product", "board"), distinct())
def test_the_picture_in_the_docs_is_of_this_layout(product, board):
    """What it shows is compared where CadQuery is: test_solids.py."""
    path = case_pictures.FOLDER / case_pictures.file_name(product, board)
    with Image.open(path) as picture:
        shown = picture.text[case_pictures.OF]
    assert shown == case.fingerprint(LAYOUTS[product, board]), "run make case"
    page = (case_pictures.FOLDER.parent / "hardware.md").read_text(encoding="utf-8")
    assert f"](images/{path.name})" in page


def test_a_fingerprint_changes_with_a_size_and_with_a_place(monkeypatch):
    layout = LAYOUTS["kodeviser", "pico"]
    kept = case.fingerprint(layout)
    monkeypatch.setattr(case, "WALL", case.WALL + 0.1)
    assert case.fingerprint(layout) != kept
    monkeypatch.undo()
    assert case.fingerprint(layout) == kept
    moved = {**layout.parts, "cell": Box(33, 8.5, 0, 29, 36, 6)}
    assert case.fingerprint(replace(layout, parts=moved)) != kept
    assert case.fingerprint(LAYOUTS["kodeviser", "esp32_s3"]) != kept
    assert case.fingerprint(LAYOUTS["kodeviser", "pico2"]) == kept
