"""A screen as block characters of two pixels each, four in a narrow terminal."""

from emulator.screen import Screen

_HALVES = dict(enumerate(" ▀▄█"))  # by upper + 2 x lower
# By upper left + 2 x upper right + 4 x lower left + 8 x lower right.
_QUARTERS = dict(enumerate(" ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"))
_FRAME = 2  # characters to both sides together


def render(screen: Screen, columns: int) -> list[str]:
    """Give the lines, with a frame, for a terminal of that many columns."""
    wide = 1 if screen.width + _FRAME <= columns else 2
    edge = "─" * -(-screen.width // wide)
    lines = [f"┌{edge}┐"]
    for y in range(0, screen.height, 2):
        lines.append(
            "│" + _characters(_row(screen, y, wide), _row(screen, y + 1, wide), wide) + "│"
        )
    lines.append(f"└{edge}┘")
    return lines


def _row(screen: Screen, y: int, wide: int) -> bytes:
    """Give a row of pixels, a byte each, up to whole characters; outside of the screen all is 0."""
    width = -(-screen.width // wide) * wide
    return screen.data[y * screen.width : (y + 1) * screen.width].ljust(width, b"\0")


def _characters(upper: bytes, lower: bytes, wide: int) -> str:
    """Give the characters of two rows, each `wide` pixels wide."""
    pixels = [row[x::wide] for row in (upper, lower) for x in range(wide)]
    # All characters' numbers at once, a byte each: none is above 15, so none carries into the next.
    numbers = sum(int.from_bytes(each, "big") << bit for bit, each in enumerate(pixels))
    blocks = _HALVES if wide == 1 else _QUARTERS
    return numbers.to_bytes(len(pixels[0]), "big").decode("latin-1").translate(blocks)
