"""A token's label: its serial number in large digits, and as a barcode of Code 128 (ISO/IEC 15417).

Lengths are millimetres. The barcode holds the twelve digits alone; it is drawn here from the
modules that python-barcode gives.
"""

import html

from barcode import Code128

WIDTH, HEIGHT = 60.0, 25.0
_MODULE = 0.42  # width of the narrowest bar; 0.25 is what scanners need
_QUIET = 10 * _MODULE  # on each side (ISO/IEC 15417, 4.4)
_BAR_HEIGHT = 11.0
_DIGITS = 7.0  # font size: digits of 5 mm


def svg(serial: str, product: str) -> str:
    """Give the label as an SVG picture, which names itself for screen readers."""
    modules = Code128(serial).build()[0]
    left = (WIDTH - len(modules) * _MODULE) / 2
    if left < _QUIET:
        raise ValueError(f"{len(modules)} modules leave no quiet zone.")
    bars = "".join(
        f'<rect x="{left + start * _MODULE:.2f}" y="12" width="{size * _MODULE:.2f}"'
        f' height="{_BAR_HEIGHT}"/>'
        for start, size in _bars(modules)
    )
    shown = f"{serial[:4]} {serial[4:8]} {serial[8:]}"
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
