"""A reader of binary STL files and what can be measured on their triangles, by NumPy alone."""

from collections import Counter
from pathlib import Path

import numpy as np

_RECORD = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
_AT_LEAST = 1e-4  # mm from where a ray begins


def read(path: Path) -> np.ndarray:
    """Give the triangles of a file: (n, 3, 3), mm."""
    data = path.read_bytes()
    count = int.from_bytes(data[80:84], "little")
    assert len(data) == 84 + 50 * count, "a binary STL file"
    return np.frombuffer(data[84:], _RECORD)["corners"].astype(float)


def open_edges(triangles: np.ndarray) -> int:
    """Count edges that do not join two triangles which run along them in opposite directions."""
    points = np.round(triangles, 4)
    edges: Counter[tuple] = Counter()
    for corner in points:
        names = [tuple(point) for point in corner]
        if len(set(names)) == 3:
            edges.update(zip(names, [*names[1:], names[0]], strict=True))
    return sum(count != edges[end, start] for (start, end), count in edges.items())


def volume(triangles: np.ndarray) -> float:
    """Give the volume inside, positive when the normals point out."""
    a, b, c = triangles[:, 0], triangles[:, 1], triangles[:, 2]
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)


def hits(triangles: np.ndarray, start: np.ndarray, along: np.ndarray) -> np.ndarray:
    """Give the distances at which a ray meets the triangles, in order (Moeller, Trumbore 1997)."""
    first = triangles[:, 1] - triangles[:, 0]
    second = triangles[:, 2] - triangles[:, 0]
    across = np.cross(along, second)
    scale = np.einsum("ij,ij->i", first, across)
    usable = np.abs(scale) > 1e-12
    inverse = np.where(usable, 1 / np.where(usable, scale, 1), 0)
    offset = start - triangles[:, 0]
    u = inverse * np.einsum("ij,ij->i", offset, across)
    turned = np.cross(offset, first)
    v = inverse * (turned @ along)
    far = inverse * np.einsum("ij,ij->i", second, turned)
    met = usable & (u >= 0) & (v >= 0) & (u + v <= 1) & (far > _AT_LEAST)
    return np.unique(np.round(far[met], 5))


def thinnest(triangles: np.ndarray) -> tuple[float, np.ndarray]:
    """Give the least thickness of material behind the middle of a triangle, and where."""
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    size = np.linalg.norm(normals, axis=1)
    least, where = np.inf, np.zeros(3)
    for corner, normal, area in zip(triangles, normals, size, strict=True):
        if area > 1e-3:
            middle = corner.mean(axis=0)
            found = hits(triangles, middle, -normal / area)
            if found.size and found[0] < least:
                least, where = float(found[0]), middle
    return least, where
