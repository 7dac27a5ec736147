"""Screens that say something: what is wrong and what to do, or a number to compare."""

from firmware.ui import draw


class Message:
    """A title and a sentence or two. `key` names them in the texts."""

    refresh_ms = None

    def __init__(self, app, key: str):
        self._app = app
        self._key = key

    def draw(self, canvas, now: int) -> None:
        """Draw the whole screen."""
        font = self._app.text_font
        title, body = self._app.texts[self._key]
        page(canvas, font, self._app.display.width, title, draw.wrapped(font, body, self._app.display.width))

    def pressed(self, now: int):
        """Return the screen after a press: none."""
        return None


class Comparison:
    """The number that the host shows too while it claims a blank token."""

    refresh_ms = None

    def __init__(self, app, number: str):
        self._app = app
        self._number = number

    def draw(self, canvas, now: int) -> None:
        """Draw the whole screen."""
        app = self._app
        digits = app.code_font(len(self._number))
        title = app.texts["compare"]
        draw.text(canvas, app.text_font, title, (app.display.width - draw.width(app.text_font, title)) // 2, 0)
        x = (app.display.width - draw.grouped_width(digits, self._number)) // 2
        draw.grouped(
            canvas, digits, self._number, x, (app.display.height + app.text_font.height() - digits.height()) // 2
        )

    def pressed(self, now: int):
        """Return the screen after a press: none."""
        return None


def page(canvas, font, width: int, title: str, lines: list) -> None:
    """Draw a title, a rule and lines."""
    draw.text(canvas, font, title, 0, 0)
    canvas.hline(0, font.height(), width, 1)
    y = font.height() + 2
    for line in lines:
        draw.text(canvas, font, line, 0, y)
        y += font.height()
