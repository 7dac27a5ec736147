"""A screen as block characters of two pixels each, four in a narrow terminal."""

from emulator.screen import Screen

_HALVES = " ▀▄█"  # by upper + 2 x lower
_QUARTERS = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"  # by upper left + 2 x upper right + 4 x lower left + 8 x lower right
_FRAME = 2  # characters to both sides together


def render(screen: Screen, columns: int) -> list[str]:
    """Give the lines, with a frame, for a terminal of that many columns."""
    wide = 1 if screen.width + _FRAME <= columns else 2
    blocks = _HALVES if wide == 1 else _QUARTERS
    places = range(0, screen.width, wide)
    edge = "─" * len(places)
    lines = [f"┌{edge}┐"]
    for y in range(0, screen.height, 2):
        lines.append("│" + "".join(blocks[_bits(screen, x, y, wide)] for x in places) + "│")
    lines.append(f"└{edge}┘")
    return lines


def _bits(screen: Screen, left: int, top: int, wide: int) -> int:
    """Give a character's pixels as a number, bit 0 upper left; outside of the screen all is 0."""
    places = [(left + x, top + y) for y in range(2) for x in range(wide)]
    lit = [x < screen.width and y < screen.height and screen.pixel(x, y) for x, y in places]
    return sum(bit << i for i, bit in enumerate(lit))
