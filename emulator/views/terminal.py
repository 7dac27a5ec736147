"""A screen as characters of a terminal: block characters of two pixels each, of four where the
terminal is narrower, dots of eight where it is lower."""

from emulator.screen import Screen

_HALVES = " ▀▄█"  # by upper + 2 x lower
# By upper left + 2 x upper right + 4 x lower left + 8 x lower right.
_QUARTERS = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"
_DOTS = " " + "".join(chr(0x2800 + number) for number in range(1, 256))  # Braille patterns
# Pixels to the right, pixels down, the bit of each of them, row by row, and the characters.
_FORMS = (
    (1, 2, (0, 1), dict(enumerate(_HALVES))),
    (2, 2, (0, 1, 2, 3), dict(enumerate(_QUARTERS))),
    (2, 4, (0, 3, 1, 4, 2, 5, 6, 7), dict(enumerate(_DOTS))),
)
_FRAME = 2  # characters to both sides together, and above and below


def render(screen: Screen, columns: int, lines: int | None = None) -> list[str] | None:
    """Give the lines of the largest picture, with a frame, that fits into that many columns and
    lines (None: any number); None when not even the smallest does."""
    for wide, high, bits, characters in _FORMS:
        width, height = _size(screen, wide, high)
        if width > columns or (lines is not None and height > lines):
            continue
        edge = "─" * (width - _FRAME)
        drawn = [f"┌{edge}┐"]
        for y in range(0, screen.height, high):
            rows = [_row(screen, y + down, wide) for down in range(high)]
            drawn.append("│" + _characters(rows, wide, bits).translate(characters) + "│")
        return [*drawn, f"└{edge}┘"]
    return None


def smallest(screen: Screen) -> tuple[int, int]:
    """Give the columns and lines that the smallest picture takes."""
    wide, high, _, _ = _FORMS[-1]
    return _size(screen, wide, high)


def _size(screen: Screen, wide: int, high: int) -> tuple[int, int]:
    return -(-screen.width // wide) + _FRAME, -(-screen.height // high) + _FRAME


def _row(screen: Screen, y: int, wide: int) -> bytes:
    """Give a row of pixels, a byte each, up to whole characters; outside of the screen all is 0."""
    width = -(-screen.width // wide) * wide
    return screen.data[y * screen.width : (y + 1) * screen.width].ljust(width, b"\0")


def _characters(rows: list[bytes], wide: int, bits: tuple[int, ...]) -> str:
    """Give the characters' numbers, as characters, of rows that are each `wide` pixels wide."""
    pixels = [row[x::wide] for row in rows for x in range(wide)]
    # All numbers at once, a byte each: none is above 255, so none carries into the next.
    numbers = sum(
        int.from_bytes(each, "big") << bit for each, bit in zip(pixels, bits, strict=True)
    )
    return numbers.to_bytes(len(pixels[0]), "big").decode("latin-1")
