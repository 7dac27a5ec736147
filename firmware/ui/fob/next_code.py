"""The wait for the code of the next period, asked for by a press soon after a late one. Imported
then. Times are milliseconds of time.ticks_ms()."""

import time

import framebuf

from firmware.ui import draw
from firmware.ui.fob.code import open_code
from firmware.ui.screen import Screen

if False:
    from firmware.interfaces import App, Canvas, CodeScreen, Ticks  # type: ignore[unreachable]

_NEXT = "next code"  # the deadline at which it is shown
# The clock was read in whole seconds, and its seconds may differ from the processor's by so much.
_MARGIN = 50
_BAR_HEIGHT = 8


class NextCode(Screen):
    """The seconds to the next code, which follows by itself. A press goes back to the late one."""

    refresh_ms: int | None = 1000

    def __init__(self, app: "App", index: int, late: "CodeScreen", left: int):
        """Wait until the time of the late code of that account is over."""
        self._app = app
        self._index = index
        self._late = late
        self._ends = time.ticks_add(time.ticks_ms(), left)
        app.after(_NEXT, left + _MARGIN, self._show)

    def still_valid(self) -> bool:
        """Return False when the account is gone or blocked."""
        return self._late.still_valid()

    def draw(self, canvas: "Canvas", now: "Ticks") -> None:
        """Draw what is waited for, the seconds, and a bar of what a late code has at most."""
        app = self._app
        left = max(0, time.ticks_diff(self._ends, now))
        digits = app.code_font(6)
        seconds = str(max(1, (left + 999) // 1000))
        bottom = app.display.height - _BAR_HEIGHT
        x = (app.display.width - draw.width(digits, seconds)) // 2
        for digit in seconds:  # first, as their pictures are higher than they are
            picture, width, lines, _ = digits.picture(digit)
            y = (app.text_font.height() + bottom - 8 * lines) // 2  # not on whole bytes
            canvas.blit((picture, width, 8 * lines, framebuf.MONO_VLSB), x, y)
            x += width
        draw.text(canvas, app.text_font, app.texts["new_code_in"], 1, 0)
        filled = (app.display.width - 4) * left // app.product["late_ms"]
        draw.bar(canvas, bottom, app.display.width, filled)

    def pressed(self, now: "Ticks") -> "CodeScreen":
        """Return the late code's screen."""
        return self._late

    def _show(self) -> None:
        if self._app.screen is self:
            self._app.show(open_code(self._app, self._index))
