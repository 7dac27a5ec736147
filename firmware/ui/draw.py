"""Drawing text and marks on a framebuf with the fonts of firmware.products.fonts. Pixels, origin
top left."""

import framebuf

if False:
    from firmware.interfaces import Canvas, Font  # type: ignore[unreachable]

# A palette: 0 -> 1, 1 -> 0.
_LIGHT_ON_DARK = framebuf.FrameBuffer(bytearray(b"\x80"), 2, 1, framebuf.MONO_HLSB)

_HOURGLASS = bytearray(b"\xfe\x7c\x38\x10\x10\x38\x7c\xfe")


def width(font: "Font", text: str) -> int:
    """Return how wide the text is."""
    return sum([font.width(character) for character in text])


def text(canvas: "Canvas", font: "Font", string: str, x: int, y: int) -> int:
    """Draw the text with its top left corner at x, y. Return the x behind it."""
    for character in string:
        picture = font.picture(character)
        canvas.blit(picture, x, y)
        x += picture[1]
    return x


def shortened(font: "Font", string: str, room: int) -> str:
    """Return the text, or as much of its beginning as fits with an ellipsis behind it."""
    if width(font, string) <= room:
        return string
    while string and width(font, string + "...") > room:
        string = string[:-1]
    return string.rstrip() + "..."


def wrapped(font: "Font", string: str, room: int) -> list[str]:
    """Return the text as lines that fit, broken between words, and within a word that is wider than
    a line."""
    lines: list[str] = []
    used = 0  # pixels of the last line
    space = font.width(" ")
    for word in string.split():
        size = width(font, word)
        if lines and used + space + size <= room:
            lines[-1] += " " + word
            used += space + size
        elif size <= room:
            lines.append(word)
            used = size
        else:
            lines.append("")
            used = 0
            for character in word:
                size = font.width(character)
                if used + size > room:
                    lines.append("")
                    used = 0
                lines[-1] += character
                used += size
    return lines


def grouped_width(font: "Font", code: str) -> int:
    """Return how wide `grouped` draws."""
    return len(code) * font.max_width() + _gap(font)


def grouped(canvas: "Canvas", font: "Font", code: str, x: int, y: int) -> None:
    """Draw a number in two groups, the second the longer one when they differ: 3+3, 3+4, 4+4."""
    half = len(code) // 2
    x = text(canvas, font, code[:half], x, y)
    text(canvas, font, code[half:], x + _gap(font), y)


def marked(canvas: "Canvas", font: "Font", digit: str, x: int, y: int) -> None:
    """Draw a digit of a number in light on a dark block, over itself. The block is narrower than
    the digit's cell, so that it stays apart from the digits beside it, and higher."""
    picture = font.picture(digit)
    columns = picture[1]
    edge = columns // 20
    canvas.fill_rect(x + edge, y - edge, columns - 2 * edge, picture[2] + 2 * edge, 1)
    canvas.blit(picture, x, y, 1, _LIGHT_ON_DARK)


def _gap(font: "Font") -> int:
    return font.max_width() * 2 // 5


def low_battery(canvas: "Canvas", right: int, y: int) -> None:
    """Draw an all but empty battery, 15 x 9, with its right edge there."""
    x = right - 15
    canvas.rect(x, y, 14, 9, 1)
    canvas.fill_rect(x + 14, y + 3, 1, 3, 1)
    canvas.fill_rect(x + 2, y + 2, 2, 5, 1)


def hourglass(canvas: "Canvas", x: int, y: int) -> None:
    """Draw an hourglass, 7 x 8."""
    canvas.blit((_HOURGLASS, 7, 8, framebuf.MONO_HLSB), x, y)


def bar(canvas: "Canvas", y: int, length: int, filled: int) -> None:
    """Draw a bar, 8 high, from the left edge: a frame of that length, and `filled` pixels of its
    inside, which is 4 shorter."""
    canvas.rect(0, y, length, 8, 1)
    canvas.fill_rect(2, y + 2, filled, 4, 1)
