"""A token's label: its serial number in large digits, and as a barcode of Code 128 (ISO/IEC 15417).

Lengths are millimetres. The barcode holds the twelve digits alone; it is drawn here from the
modules that pystrich gives.
"""

import base64
import html
from collections.abc import Sequence
from pathlib import Path

from pystrich.code128 import Code128Encoder

WIDTH, HEIGHT = 60.0, 25.0
_MODULE = 0.42  # width of the narrowest bar; 0.25 is what scanners need
_QUIET = 10 * _MODULE  # on each side (ISO/IEC 15417, 4.4)
_BAR_HEIGHT = 11.0
_DIGITS = 7.0  # font size: digits of 5 mm


def svg(serial: str, product: str) -> str:
    """Give the label as an SVG picture, which names itself for screen readers."""
    modules = Code128Encoder(serial).bars
    left = (WIDTH - len(modules) * _MODULE) / 2
    if left < _QUIET:
        raise ValueError(f"{len(modules)} modules leave no quiet zone.")
    bars = "".join(
        f'<rect x="{left + start * _MODULE:.2f}" y="12" width="{size * _MODULE:.2f}"'
        f' height="{_BAR_HEIGHT}"/>'
        for start, size in _bars(modules)
    )
    shown = grouped(serial)
    title = html.escape(f"{product} {shown}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}mm" height="{HEIGHT}mm"'
        f' viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}"><title>{title}</title>'
        f'<text x="{WIDTH / 2}" y="9" text-anchor="middle" font-size="{_DIGITS}"'
        f' font-family="PT Sans, Arial, sans-serif" font-weight="bold">{shown}</text>{bars}</svg>\n'
    )


def _bars(modules: str) -> list[tuple[int, int]]:
    """Give place and width of each bar, in modules; "1" is black."""
    found: list[tuple[int, int]] = []
    for place, module in enumerate(modules):
        if module != "1":
            continue
        if found and sum(found[-1]) == place:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        else:
            found.append((place, 1))
    return found


# A sheet of A4 with three by ten labels.
_SHEET = """
@page { size: A4; margin: 20mm 14mm; }
body, p { margin: 0; font-size: 0; line-height: 0; orphans: 1; widows: 1; }
img { width: 60mm; height: 25mm; vertical-align: top; }
"""


def write_sheet(labels: Sequence[tuple[str, str]], language: str, title: str, path: Path) -> None:
    """Write the labels of (serial number, product's name) as a tagged PDF for sheets of A4, three
    by ten, to be cut or printed on."""
    from host_tools.paper import pdf, tagged_pdf  # noqa: PLC0415 - slow to load

    pictures = "".join(_picture(*each) for each in labels)
    page = (
        f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8">'
        f"<title>{html.escape(title)}</title></head><body><p>{pictures}</p></body></html>"
    )
    pdf.render(page, _SHEET, path)
    tagged_pdf.finish(path, {})


def _picture(serial: str, product: str) -> str:
    source = base64.b64encode(svg(serial, product).encode()).decode()
    alternative = html.escape(f"{product} {grouped(serial)}")
    return f'<img alt="{alternative}" src="data:image/svg+xml;base64,{source}">'


def grouped(serial: str) -> str:
    """Give a serial number in groups of four digits."""
    return f"{serial[:4]} {serial[4:8]} {serial[8:]}"
