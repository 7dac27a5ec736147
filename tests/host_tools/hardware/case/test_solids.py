"""The case's files, measured: STL by triangles, STEP read again, and the parts put into it."""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from host_tools.hardware.case import files
from host_tools.hardware.case import layout as case
from host_tools.hardware.case.layout import LAYOUTS, distinct
from tests.host_tools.hardware.case import stl

cadquery = pytest.importorskip("cadquery", reason="CadQuery is not installed: make case")

from host_tools.hardware.case import solids  # noqa: E402 - needs CadQuery

UP = np.array((0.0, 0.0, 1.0))


@pytest.fixture(scope="module", params=distinct(), ids="-".join)
def made(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("case")
    paths = files.write(*request.param, folder)
    assert [path.name for path in paths] == ["body.stl", "body.step", "lid.stl", "lid.step"]
    return SimpleNamespace(
        picture="case-{1}-{0}.png".format(*request.param),
        layout=LAYOUTS[request.param],
        folder=folder,
        body=stl.read(folder / "body.stl"),
        lid=stl.read(folder / "lid.stl"),
        solid=solids.case(LAYOUTS[request.param]),
    )


def test_both_halves_are_closed_surfaces_that_a_slicer_takes(made):
    for half in (made.body, made.lid):
        assert stl.open_edges(half) == 0
        assert stl.volume(half) > 10_000


def test_step_and_stl_have_the_same_shape(made):
    for name in files.HALVES:
        read = cadquery.importers.importStep(str(made.folder / f"{name}.step"))
        triangles = getattr(made, name)
        assert read.solids().size() == 1
        assert read.val().Volume() == pytest.approx(stl.volume(triangles), rel=2e-3)
        box = read.val().BoundingBox()
        assert triangles.min(axis=(0, 1)) == pytest.approx((box.xmin, box.ymin, box.zmin), abs=0.05)
        assert triangles.max(axis=(0, 1)) == pytest.approx((box.xmax, box.ymax, box.zmax), abs=0.05)


def test_the_dot_stands_out_half_a_millimetre_or_more_and_nothing_else_does(made):
    surface = made.layout.high + case.LID
    above = made.lid[(made.lid[:, :, 2] > surface + 1e-3).any(axis=1)]
    if not made.layout.dots:
        assert not above.size
        return
    (dot,) = made.layout.dots
    assert above[:, :, 2].max() - surface >= 0.5, "ISO 24503"
    assert above[:, :, 2].max() - surface == pytest.approx(case.DOT_HIGH, abs=0.02)
    radius = np.hypot(above[:, :, 0] - dot[0], above[:, :, 1] - dot[1])
    assert radius.max() == pytest.approx(case.DOT_WIDE / 2, abs=0.1)


def test_no_wall_is_thinner_than_a_printer_makes_well(made):
    surface = made.layout.high + case.LID
    plain = made.lid[(made.lid[:, :, 2] <= surface + 1e-3).all(axis=1)]
    assert stl.thinnest(made.body)[0] >= 1.2, stl.thinnest(made.body)
    assert stl.thinnest(plain)[0] >= 1.2, stl.thinnest(plain)


def test_walls_floor_and_lid_are_as_thick_as_planned(made):
    layout, away = made.layout, np.array((1.0, 0.0, 0.0))
    side = stl.hits(made.body, np.array((-50.0, layout.long * 0.45, layout.high / 2)), away)
    assert np.diff(side)[0] == pytest.approx(case.WALL, abs=0.01)
    floor = stl.hits(made.body, np.array((layout.wide - 3, layout.long * 0.45, -50.0)), UP)
    assert np.diff(floor)[0] == pytest.approx(case.FLOOR, abs=0.01)
    lid = stl.hits(made.lid, np.array((layout.wide - 5, layout.long * 0.55, -50.0)), UP)
    assert np.diff(lid)[0] == pytest.approx(case.LID, abs=0.01)


def test_keys_and_the_display_s_corners_are_open_and_the_screws_too(made):
    layout = made.layout
    half = case.CAP / 2
    places = [
        (x + dx, y + dy)
        for x, y in layout.keys.values()
        for dx, dy in ((0.01, 0.01), (half, half), (-half, -half))
    ]
    x, y = layout.parts[layout.window].middle
    wide, long = case.VISIBLE[layout.window]
    places += [(x + sx * wide / 2, y + sy * long / 2) for sx in (-1, 1) for sy in (-1, 1)]
    places += [post.middle for post in layout.posts]
    places += [(sx + 0.01, sy + 0.01) for sx, sy in layout.speaker_holes]
    for place in places:
        assert not stl.hits(made.lid, np.array((*place, -50.0)), UP).size, place
    # Beside each key there is lid again.
    for x, y in layout.keys.values():
        edge = half + case.KEY_GAP + 0.5
        assert stl.hits(made.lid, np.array((x, y + edge, -50.0)), UP).size


def test_plug_and_jack_go_through_the_wall(made):
    board = made.layout.parts["board"]
    inwards = np.array((0.0, 1.0, 0.0))
    plug = np.array((board.middle[0], -50.0, board.z + made.layout.board.socket_at))
    first = stl.hits(made.body, plug, inwards)
    assert first.size == 0 or first[0] > 50, "nothing before the inside"
    beside = stl.hits(
        made.body, plug + np.array((made.layout.board.opening[0] / 2 + 0.5, 0, 0)), inwards
    )
    assert np.diff(beside)[0] == pytest.approx(case.WALL, abs=0.01)
    if "jack" in made.layout.parts:
        jack = made.layout.parts["jack"]
        outwards = np.array((1.0, 0.0, 0.0))
        start = np.array((made.layout.wide - 1, jack.middle[1], jack.z + jack.high / 2))
        assert not stl.hits(made.body, start, outwards).size
        assert stl.hits(made.body, start + np.array((0, case.JACK_NOSE, 0)), outwards).size == 2


def test_every_part_fits_into_the_closed_case(made):
    for name, box in made.layout.parts.items():
        for half in made.solid:
            shared = sum(part.Volume() for part in half.intersect(solids.box(box)).vals())
            assert shared == pytest.approx(0, abs=1e-6), name


def test_the_lid_goes_on_with_a_gap_that_is_no_more_than_planned(made):
    body, lid = made.solid
    assert sum(part.Volume() for part in body.intersect(lid).vals()) == pytest.approx(0, abs=1e-6)
    lip = made.lid[:, :, 0][made.lid[:, :, 2] < made.layout.high - 0.1]
    assert lip.min() == pytest.approx(case.LIP_GAP, abs=0.01)
    assert lip.max() == pytest.approx(made.layout.wide - case.LIP_GAP, abs=0.01)
    assert made.lid[:, :, 2].min() == pytest.approx(made.layout.high - case.LIP_DEEP, abs=0.01)


def test_the_board_lies_on_four_pegs_with_holes_for_its_screws(made):
    board, shape = made.layout.parts["board"], made.layout.board
    assert len(shape.rests) == 4
    for x, y in shape.rests:
        ring = np.array((board.x + x + 1.5, board.y + y + 0.01, 50.0))
        down = stl.hits(made.body, ring, -UP)
        assert 50 - down[0] == pytest.approx(board.z, abs=0.02)
        hole = np.array((board.x + x + 0.01, board.y + y + 0.01, 50.0))
        depth = 0 if shape.screws else board.z
        assert 50 - stl.hits(made.body, hole, -UP)[0] == pytest.approx(depth, abs=0.02)


def test_a_board_without_screws_has_stops_behind_it(made):
    board, shape = made.layout.parts["board"], made.layout.board
    for x, y in shape.stops:
        top = np.array((board.x + x + 0.01, board.y + y + 0.01, 50.0))
        assert 50 - stl.hits(made.body, top, -UP)[0] > board.z + shape.thick


def test_the_picture_in_the_docs_is_of_this_case(made):
    from PIL import Image  # noqa: PLC0415 - beside CadQuery alone

    from host_tools.devtools import case_pictures  # noqa: PLC0415 - needs CadQuery

    drawn = np.asarray(case_pictures.picture(made.layout), float)
    kept = np.asarray(Image.open(case_pictures.FOLDER / made.picture), float)
    assert drawn.shape == kept.shape, "make case draws it anew"
    assert np.abs(drawn - kept).mean() < 0.5, "make case draws it anew"


def test_what_the_reader_measures_is_right_on_a_cube():
    corners = [(x, y, z) for x in (0, 2) for y in (0, 3) for z in (0, 4)]
    faces = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    points = np.array(corners, float)
    cube = np.array([points[[a, b, c]] for f in faces for a, b, c in (f[:3], (f[0], f[2], f[3]))])
    assert stl.open_edges(cube) == 0
    assert stl.open_edges(cube[1:]) == 3
    assert stl.volume(cube) == pytest.approx(24)
    assert stl.thinnest(cube)[0] == pytest.approx(2)
    assert list(pairwise(stl.hits(cube, np.array((-1, 1.3, 1.7)), np.array((1.0, 0, 0))))) == [
        (1.0, 3.0)
    ]
