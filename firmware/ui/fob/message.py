"""Screens of text: what is wrong and what to do, or a number to compare."""

from firmware.ui import draw
from firmware.ui.screen import Screen

if False:
    from firmware.interfaces import App, Canvas, Ticks  # type: ignore[unreachable]

_MARGIN = 1  # pixels left and right of text


class MessageScreen(Screen):
    """A title and a sentence or two, a pair in the texts."""

    def __init__(self, app: "App", name: str):
        """Show the pair of that name."""
        self._app = app
        self._name = name

    def draw(self, canvas: "Canvas", now: "Ticks") -> None:
        """Draw the whole screen."""
        app = self._app
        title, body = app.texts[self._name]
        draw_page(
            canvas, app, title, draw.wrapped(app.text_font, body, app.display.width - 2 * _MARGIN)
        )


class Comparison(Screen):
    """The number that the host shows too while it claims a blank token."""

    def __init__(self, app: "App", number: str):
        """Show these digits."""
        self._app = app
        self._number = number

    def draw(self, canvas: "Canvas", now: "Ticks") -> None:
        """Draw the whole screen."""
        app = self._app
        digits = app.code_font(len(self._number))
        x = (app.display.width - draw.grouped_width(digits, self._number)) // 2
        y = app.display.height // 8 - digits.picture("0")[2]
        draw.grouped(app.display.bytes, digits, self._number, x, y)
        draw.text(canvas, app.text_font, app.texts["compare"], _MARGIN, 0)
        canvas.hline(0, app.text_font.height() + 1, app.display.width, 1)

    def still_valid(self) -> bool:
        """Return False once the operator has compared: the host has given the token its key."""
        return self._app.vault.access_key is None


def draw_page(canvas: "Canvas", app: "App", title: str, lines: list) -> None:
    """Draw a title, a rule under it and up to three lines."""
    font = app.text_font
    draw.text(canvas, font, title, _MARGIN, 0)
    canvas.hline(0, font.height() + 1, app.display.width, 1)
    y = font.height() + 5
    for line in lines:
        draw.text(canvas, font, line, _MARGIN, y)
        y += font.height() + 1
