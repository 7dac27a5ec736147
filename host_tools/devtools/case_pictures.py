"""Draw the cases for docs/hardware.md, by CadQuery (the extra `case`): docs/images/case-*.png.

Each picture has the body with the parts in it at the left, and the closed case at the right.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from host_tools.hardware.case import solids
from host_tools.hardware.case.layout import (
    CAP,
    LAYOUTS,
    LID,
    Box,
    Layout,
    distinct,
    fingerprint,
)

FOLDER = Path(__file__).parents[2] / "docs" / "images"
OF = "layout"  # the picture's text that says of which layout it is
SCALE, SMOOTH = 4.0, 2  # pixels a millimetre; lines are drawn so many times finer
_TURN, _TILT = np.radians(-32.0), np.radians(52.0)
_LIGHT = np.array((-0.35, -0.55, 0.76))
_BODY, _LID, _MARGIN = (205, 205, 198), (120, 150, 185), 5.0
_CAP_OUT = 3.0  # mm, as drawn
_PARTS = {
    "board": (40, 120, 70),
    "cell": (190, 190, 80),
    "clock": (60, 60, 140),
    "latch": (170, 120, 70),
    "red key": (190, 40, 40),
    "key": (70, 70, 70),
    "keys": (70, 70, 70),
}
_OTHER = (90, 110, 130)
_Mesh = tuple[np.ndarray, tuple[int, int, int]]  # triangles (n, 3, 3) in mm, colour


def main() -> None:
    """Write all pictures."""
    for product, board in distinct():
        layout = LAYOUTS[product, board]
        of = PngInfo()
        of.add_text(OF, fingerprint(layout))
        picture(layout).save(FOLDER / file_name(product, board), optimize=True, pnginfo=of)


def file_name(product: str, board: str) -> str:
    """Name the picture of a case."""
    return f"case-{board}-{product}.png"


def picture(layout: Layout) -> Image.Image:
    """Draw a case."""
    made = solids.case(layout)
    body, lid = _triangles(made.body), _triangles(made.lid)
    parts: list[_Mesh] = [
        (_triangles(solids.box(box)), _PARTS.get(name, _OTHER))
        for name, box in layout.parts.items()
    ]
    closed = [(body, _BODY), (lid, _LID), *parts, *_caps(layout)]
    return _beside(_drawn([(body, _BODY), *parts], layout), _drawn(closed, layout))


def _caps(layout: Layout) -> list[_Mesh]:
    """Give the keys' caps, which stand out of the lid."""
    half = CAP / 2
    return [
        (
            _triangles(solids.box(Box(x - half, y - half, layout.high, CAP, CAP, LID + _CAP_OUT))),
            _PARTS["red key" if name in ("red", "button") else "key"],
        )
        for name, (x, y) in layout.keys.items()
    ]


def _triangles(shape: Any) -> np.ndarray:
    points, faces = shape.val().tessellate(solids.DEFLECTION, solids.ANGLE)
    corners: np.ndarray = np.array([point.toTuple() for point in points])[np.array(faces)]
    return corners


def _drawn(meshes: Iterable[_Mesh], layout: Layout) -> Image.Image:
    """Draw from above and before, without perspective; what is nearer hides what is farther."""
    about_z = np.array(
        ((np.cos(_TURN), -np.sin(_TURN), 0), (np.sin(_TURN), np.cos(_TURN), 0), (0, 0, 1))
    )
    about_x = np.array(
        ((1, 0, 0), (0, np.cos(_TILT), np.sin(_TILT)), (0, -np.sin(_TILT), np.cos(_TILT)))
    )
    turn = about_x @ about_z
    corners = np.array(
        [
            (x, y, z)
            for x in (-3, layout.wide + 3)
            for y in (-3, layout.long + 3)
            for z in (-3, layout.high + 4)
        ]
    )
    seen = corners @ turn.T
    low, high = seen.min(axis=0)[:2] - _MARGIN, seen.max(axis=0)[:2] + _MARGIN
    fine = SCALE * SMOOTH
    wide, long = (int(size * fine) for size in high - low)
    depth = np.full((long, wide), -np.inf)
    image = np.full((long, wide, 3), 255, np.uint8)
    for triangles, colour in meshes:
        normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
        size = np.linalg.norm(normals, axis=1)
        flat = triangles[size > 0] @ turn.T
        shade = 0.55 + 0.45 * np.clip((normals[size > 0] / size[size > 0, None]) @ _LIGHT, 0, 1)
        places = (flat[:, :, :2] - low) * fine
        places[:, :, 1] = long - places[:, :, 1]
        for corner, z, bright in zip(places, flat[:, :, 2], shade, strict=True):
            _fill(depth, image, corner, z, (np.array(colour) * bright).astype(np.uint8))
    drawn = Image.fromarray(image)
    return drawn.resize((wide // SMOOTH, long // SMOOTH), Image.Resampling.LANCZOS)


def _fill(
    depth: np.ndarray, image: np.ndarray, corner: np.ndarray, z: np.ndarray, colour: np.ndarray
) -> None:
    """Fill a triangle where nothing nearer is."""
    (x0, y0), (x1, y1) = np.floor(corner.min(axis=0)), np.ceil(corner.max(axis=0))
    left, top = max(int(x0), 0), max(int(y0), 0)
    right, bottom = min(int(x1) + 1, depth.shape[1]), min(int(y1) + 1, depth.shape[0])
    (ax, ay), (bx, by), (cx, cy) = corner
    area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
    if left >= right or top >= bottom or abs(area) < 1e-9:  # noqa: PLR2004 - seen from its edge
        return
    x, y = np.meshgrid(np.arange(left, right) + 0.5, np.arange(top, bottom) + 0.5)
    b = ((x - ax) * (cy - ay) - (cx - ax) * (y - ay)) / area
    c = ((bx - ax) * (y - ay) - (x - ax) * (by - ay)) / area
    near = z[0] + b * (z[1] - z[0]) + c * (z[2] - z[0])
    window = depth[top:bottom, left:right]
    seen = (b >= 0) & (c >= 0) & (b + c <= 1) & (near > window)
    window[seen] = near[seen]
    image[top:bottom, left:right][seen] = colour


def _beside(one: Image.Image, other: Image.Image) -> Image.Image:
    both = Image.new("RGB", (one.width + other.width, max(one.height, other.height)), "white")
    both.paste(one, (0, 0))
    both.paste(other, (one.width, 0))
    return both


if __name__ == "__main__":
    main()
