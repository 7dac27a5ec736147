"""A screen as lines of text: each character shows two pixels, one above the other."""

from emulator.screen import Screen

_BLOCKS = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def render(screen: Screen) -> list[str]:
    """Lines of half-blocks inside a frame, `screen.width` + 2 characters wide."""
    lines = ["┌" + "─" * screen.width + "┐"]
    for y in range(0, screen.height, 2):
        lower = y + 1 < screen.height
        cells = (_BLOCKS[screen.pixel(x, y), lower and screen.pixel(x, y + 1)] for x in range(screen.width))
        lines.append("│" + "".join(cells) + "│")
    lines.append("└" + "─" * screen.width + "┘")
    return lines
