"""A case as files: STL for printing, STEP for changing it."""

from pathlib import Path

from host_tools.extras import from_extra
from host_tools.hardware.case.layout import LAYOUTS

HALVES = ("body", "lid")


def write(product: str, board: str, folder: Path) -> list[Path]:
    """Write both halves of a product's case for a board into a folder, each as STL and STEP; give
    the files. OSError when the folder cannot be written."""
    with from_extra("not-installed-case"):
        from cadquery import exporters  # noqa: PLC0415 - an extra

        from host_tools.hardware.case import solids  # noqa: PLC0415 - needs the extra
    made = solids.case(LAYOUTS[product, board])
    written = []
    for name, half in zip(HALVES, made, strict=True):
        for ending in ("stl", "step"):
            path = folder / f"{name}.{ending}"
            path.touch()  # OSError here, where OpenCASCADE would say nothing
            exporters.export(
                half, str(path), tolerance=solids.DEFLECTION, angularTolerance=solids.ANGLE
            )
            written.append(path)
    return written
