"""Body and lid of a case as solids, by CadQuery, an extra. Millimetres, in the layout's axes."""

from typing import TYPE_CHECKING, Any, NamedTuple

from host_tools.hardware.case import layout as measures
from host_tools.hardware.case.layout import Box, Layout

if TYPE_CHECKING:
    import cadquery

DEFLECTION, ANGLE = 0.05, 0.2  # of the triangles from the true surface: mm, radians


class Case(NamedTuple):
    """The two halves, the lid where it belongs when it is closed."""

    body: "cadquery.Workplane"
    lid: "cadquery.Workplane"


def case(layout: Layout) -> Case:
    """Make the case of a layout."""
    return Case(_body(layout), _lid(layout))


def box(at: Box) -> "cadquery.Workplane":
    """Give a cuboid."""
    import cadquery  # noqa: PLC0415 - an extra, and slow to load

    return cadquery.Workplane(
        obj=cadquery.Solid.makeBox(at.wide, at.long, at.high, cadquery.Vector(at.x, at.y, at.z))
    )


def _cylinder(x: float, y: float, z: float, diameter: float, high: float) -> Any:
    import cadquery  # noqa: PLC0415 - an extra, and slow to load

    solid = cadquery.Solid.makeCylinder(diameter / 2, high, cadquery.Vector(x, y, z))
    return cadquery.Workplane(obj=solid)


def _outer(layout: Layout, low: float, high: float) -> Any:
    wall = measures.WALL
    shape = box(Box(-wall, -wall, low, layout.wide + 2 * wall, layout.long + 2 * wall, high))
    return shape.edges("|Z").fillet(measures.ROUNDING)


def _body(layout: Layout) -> Any:
    import cadquery  # noqa: PLC0415 - an extra, and slow to load

    body = _outer(layout, -measures.FLOOR, measures.FLOOR + layout.high)
    inside = box(Box(0, 0, 0, layout.wide, layout.long, layout.high))
    for post in layout.posts:
        inside = inside.cut(box(post))
    body = body.cut(inside)
    for post in layout.posts:
        body = body.cut(_cylinder(*post.middle, 2.0, measures.SCREW_PILOT, layout.high))
    board = layout.parts["board"]
    for x, y in layout.board.rests:
        at = board.x + x, board.y + y
        body = body.union(_cylinder(*at, 0, measures.PEG, board.z))
        if layout.board.screws:
            body = body.cut(_cylinder(*at, 0, measures.PEG_PILOT, board.z))
    for x, y in layout.board.stops:
        body = body.union(
            _cylinder(board.x + x, board.y + y, 0, measures.STOP, board.z + board.high / 2)
        )
    wide, high = layout.board.opening
    low = board.z + layout.board.socket_at - high / 2
    # No farther than the wall: it must not cut the pegs.
    through = 2 * measures.WALL + 0.2
    body = body.cut(
        box(Box(board.middle[0] - wide / 2, -2 * measures.WALL, low, wide, through, high))
    )
    if "jack" in layout.parts:
        jack = layout.parts["jack"]
        nose = cadquery.Solid.makeCylinder(
            measures.JACK_NOSE / 2,
            3 * measures.WALL,
            cadquery.Vector(layout.wide - 0.5, jack.middle[1], jack.z + jack.high / 2),
            cadquery.Vector(1, 0, 0),
        )
        body = body.cut(cadquery.Workplane(obj=nose))
    return body


def _lid(layout: Layout) -> Any:
    top = layout.high
    lid = _outer(layout, top, measures.LID)
    lid = lid.union(_lip(layout))
    for post in layout.posts:
        lid = lid.cut(_cylinder(*post.middle, top - 1, measures.SCREW_HOLE, measures.LID + 2))
    for x, y in layout.keys.values():
        lid = lid.cut(_hole(x, y, measures.CAP + 2 * measures.KEY_GAP, None, top))
    seen = [size + 2 * measures.WINDOW_GAP for size in measures.VISIBLE[layout.window]]
    lid = lid.cut(_hole(*layout.parts[layout.window].middle, seen[0], seen[1], top))
    for x, y in layout.speaker_holes:
        lid = lid.cut(_cylinder(x, y, top - 1, 2.0, measures.LID + 2))
    for x, y in layout.dots:
        lid = lid.union(_dot(x, y, top + measures.LID))
    return lid


def _lip(layout: Layout) -> Any:
    """Give the frame that goes into the body, open where the posts are."""
    gap, deep = measures.LIP_GAP, measures.LIP_DEEP
    low = layout.high - deep
    frame = box(Box(gap, gap, low, layout.wide - 2 * gap, layout.long - 2 * gap, deep))
    inner = gap + measures.LIP
    frame = frame.cut(
        box(Box(inner, inner, low, layout.wide - 2 * inner, layout.long - 2 * inner, deep))
    )
    for post in layout.posts:
        around = Box(
            post.x - gap, post.y - gap, low, post.wide + 2 * gap, post.long + 2 * gap, deep
        )
        frame = frame.cut(box(around))
    return frame


def _hole(x: float, y: float, wide: float, long: float | None, top: float) -> Any:
    long = wide if long is None else long
    return box(Box(x - wide / 2, y - long / 2, top - 1, wide, long, measures.LID + 2))


def _dot(x: float, y: float, z: float) -> Any:
    """Give a raised dot with a round top: a sphere's cap."""
    import cadquery  # noqa: PLC0415 - an extra, and slow to load

    high, half = measures.DOT_HIGH, measures.DOT_WIDE / 2
    radius = (half**2 + high**2) / (2 * high)
    sphere = cadquery.Workplane(
        obj=cadquery.Solid.makeSphere(radius, cadquery.Vector(0, 0, 0), angleDegrees1=-90)
    ).translate((x, y, z + high - radius))
    return sphere.intersect(box(Box(x - half, y - half, z - 0.5, 2 * half, 2 * half, high + 1)))
