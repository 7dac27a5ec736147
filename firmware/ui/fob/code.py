"""The code screen: one code, generated once, and the time it has left.

A code stays as it is for as long as it is shown. When little time is left its bar flashes beside an
hourglass. Once its period is over the bar is empty and a word says so; validators accept the step
before (RFC 6238 section 5.2).
"""

import time

from firmware.storage.vault import BLOCKED, DAMAGED
from firmware.ui import draw
from firmware.ui.code_source import NoCodeError, generate_code

if False:
    from firmware.interfaces import App, Canvas, Screen, Ticks  # type: ignore[unreachable]

_BAR_HEIGHT = 8
_MARK_ROOM = 19  # what the battery mark takes from the account's name
_HOURGLASS_ROOM = 8  # what it takes from the bar, with a pixel behind it
_FLASH_MS = 500  # a flash a second, far below what WCAG 2.3.1 allows


def open_code(app: "App", index: int) -> "Screen":
    """Generate a code for the account of that index: return its screen, or the message that says
    why there is none."""
    try:
        code, period, left = generate_code(app, index)
    except NoCodeError as error:
        from firmware.ui.fob.message import MessageScreen  # no code waits for it

        return MessageScreen(app, error.reason)
    return CodeScreen(app, index, code, period, left)


class CodeScreen:
    """One code on the display, with all that a Screen has: a press need not wait for that module.
    Period and remaining are seconds; a code without a period (0, HOTP) has no bar."""

    def __init__(self, app: "App", index: int, code: str, period: int, remaining: int):
        """Show this code of the account at that index."""
        self._app = app
        self._index = index
        self._name = app.vault.credentials[index]["name"]
        self._code = code
        self._battery_low = app.battery_low()
        self._period = period
        self._began = time.ticks_ms()
        self._ends = time.ticks_add(self._began, remaining * 1000)
        # Whether a press soon after this one means that its time is too short.
        self._began_late = bool(period) and remaining * 1000 < app.product["late_ms"]
        self.refresh_ms: int | None = 1000 if period else None

    def still_valid(self) -> bool:
        """Return False when the account is gone or blocked."""
        vault = self._app.vault
        if vault.state in (BLOCKED, DAMAGED) or self._index >= len(vault.credentials):
            return False
        return vault.credentials[self._index]["name"] == self._name

    def _left(self, now: "Ticks") -> int:
        """Return the milliseconds left, 0 when over."""
        return max(0, time.ticks_diff(self._ends, now))

    def draw(self, canvas: "Canvas", now: "Ticks") -> None:
        """Draw the account's name where there are several, the battery's mark, the code and the
        bar."""
        app = self._app
        width = app.display.width
        # First, as their pictures are higher than they are. In the middle between the two lines of
        # text, of which the upper one's descenders come closer.
        digits = app.code_font(len(self._code))
        x = (width - draw.grouped_width(digits, self._code)) // 2
        y = (app.display.height // 8 - digits.picture("0")[2]) // 2
        draw.grouped(app.display.bytes, digits, self._code, x, y)
        room = width - 2
        if self._battery_low:
            draw.low_battery(canvas, width, 1)
            room -= _MARK_ROOM
        if len(app.vault.credentials) > 1:
            font = app.text_font
            draw.text(canvas, font, draw.shortened(font, self._name, room), 1, 0)
        if not self._period:
            return
        left = self._left(now)
        y = app.display.height - _BAR_HEIGHT
        if left > app.product["late_ms"]:  # a drawing at the very turn counts to what follows
            draw.bar(canvas, y, width, (width - 4) * left // (self._period * 1000))
        elif left:
            x = width - _HOURGLASS_ROOM
            draw.hourglass(canvas, x, y)
            lit = (left - 1) // _FLASH_MS % 2
            draw.bar(canvas, y, x - 4, lit * (x - 8) * left // (self._period * 1000))
            self.refresh_ms = _FLASH_MS
        else:
            expired = app.texts["expired"]
            font = app.text_font
            x = width - 1 - draw.width(font, expired)
            draw.text(canvas, font, expired, x, app.display.height - font.height())
            draw.bar(canvas, y, x - 4, 0)
            self.refresh_ms = None

    def pressed(self, now: "Ticks") -> "Screen | None":
        """Return a new code when this one's time is over, the wait for it when it was late and is
        not wanted, else the next account's; None after the last account."""
        left = self._left(now)
        if self._period and not left:
            return open_code(self._app, self._index)
        if self._began_late and time.ticks_diff(now, self._began) <= self._app.product["sooner_ms"]:
            from firmware.ui.fob.next_code import NextCode

            return NextCode(self._app, self._index, self, left)
        if self._index + 1 < len(self._app.vault.credentials):
            return open_code(self._app, self._index + 1)
        return None
