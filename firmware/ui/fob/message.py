"""Screens that say something: what is wrong and what to do, or a number to compare."""

from firmware.ui import draw
from firmware.ui.screen import Screen

_MARGIN = 1  # pixels left and right of text


class Message(Screen):
    """A title and a sentence or two, both under one key in the texts."""

    def __init__(self, app, key: str):
        """Say what stands under that key."""
        self._app = app
        self._key = key

    def draw(self, canvas, now) -> None:
        """Draw the whole screen."""
        app = self._app
        title, body = app.texts[self._key]
        draw_page(
            canvas, app, title, draw.wrapped(app.text_font, body, app.display.width - 2 * _MARGIN)
        )


class Comparison(Screen):
    """The number that the host shows too while it claims a blank token."""

    def __init__(self, app, number: str):
        """Show these digits."""
        self._app = app
        self._number = number

    def draw(self, canvas, now) -> None:
        """Draw the whole screen."""
        app = self._app
        digits = app.code_font(len(self._number))
        draw.text(canvas, app.text_font, app.texts["compare"], _MARGIN, 0)
        canvas.hline(0, app.text_font.height() + 1, app.display.width, 1)
        x = (app.display.width - draw.grouped_width(digits, self._number)) // 2
        draw.grouped(canvas, digits, self._number, x, app.display.height - digits.height() - 5)

    def stands(self) -> bool:
        """Return False once the operator has compared: the host has given the token its key."""
        return self._app.vault.access_key is None


def draw_page(canvas, app, title: str, lines: list) -> None:
    """Draw a title, a rule under it and up to three lines."""
    font = app.text_font
    draw.text(canvas, font, title, _MARGIN, 0)
    canvas.hline(0, font.height() + 1, app.display.width, 1)
    y = font.height() + 5
    for line in lines:
        draw.text(canvas, font, line, _MARGIN, y)
        y += font.height() + 1
