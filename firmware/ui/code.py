"""The code screen: one code, taken once and pinned, and the time it has left.

A code stays as it is for as long as it is shown. Once its period is over the bar is empty and a word says so; validators
accept the step before (RFC 6238 section 5.2).
"""

import time

from firmware.ui import draw
from firmware.ui.message import Message

_BAR_HEIGHT = 8


def open_code(app, index: int):
    """Take a code for the account of that index: return its screen, or the message that says why there is none."""
    trouble, now = _clock_and_state(app)
    if trouble:
        return Message(app, trouble)
    credential = app.vault.credentials[index]
    if credential["kind"] == "hotp":
        from firmware.otp.hotp import hotp
        from firmware.storage.vault import VaultError

        try:
            counter = app.vault.next_counter(index)
        except VaultError:
            return Message(app, "storage_failed")
        code = hotp(credential["secret"], counter, credential["digits"], credential["algorithm"])
        return CodeScreen(app, index, code, None, 0)
    from firmware.otp.totp import remaining, totp

    period = credential["period"]
    code = totp(credential["secret"], now, period, credential["digits"], credential["algorithm"])
    return CodeScreen(app, index, code, period, remaining(now, period))


def _clock_and_state(app):
    """Return (key of a message, None), or (None, the time)."""
    vault = app.vault
    if vault.state == "damaged" or vault.state == "blocked":
        return vault.state, None
    if not vault.credentials:
        return "not_provisioned", None
    if app.clock is None:
        return "clock_absent", None
    try:
        if app.clock.lost():
            return "clock_lost", None
        now = app.clock.read()
    except OSError:
        return "clock_absent", None
    # A clock that stands before the instant it was set at has lost the time without its flag.
    if now < vault.clock.get("set_at", 0):
        return "clock_lost", None
    return None, now


class CodeScreen:
    """One code on the display. Period and remaining are seconds; a code without a period (HOTP) has no bar."""

    def __init__(self, app, index: int, code: str, period, remaining: int):
        self._app = app
        self._index = index
        self._code = code
        self._period = period
        self._ends = time.ticks_add(time.ticks_ms(), remaining * 1000)
        self.refresh_ms = 1000 if period else None

    def _left(self, now: int) -> int:
        """Return the milliseconds left, 0 when over."""
        return max(0, time.ticks_diff(self._ends, now))

    def draw(self, canvas, now: int) -> None:
        """Draw the whole screen."""
        app = self._app
        width = app.display.width
        font = app.text_font
        room = width
        if app.battery_low():
            draw.low_battery(canvas, width, 2)
            room -= 18
        if len(app.vault.credentials) > 1:
            name = app.vault.credentials[self._index]["name"]
            draw.text(canvas, font, draw.shortened(font, name, room), 0, 0)
        digits = app.code_font(len(self._code))
        top = font.height()
        bottom = app.display.height - font.height()
        x = (width - draw.grouped_width(digits, self._code)) // 2
        draw.grouped(canvas, digits, self._code, x, (top + bottom - digits.height()) // 2)
        if self._period is None:
            return
        left = self._left(now)
        y = app.display.height - _BAR_HEIGHT
        if left:
            draw.bar(canvas, y, width, _BAR_HEIGHT, left, self._period * 1000)
        else:
            expired = app.texts["expired"]
            x = width - draw.width(font, expired)
            draw.text(canvas, font, expired, x, bottom)
            draw.bar(canvas, y, x - 4, _BAR_HEIGHT, 0, 1)
            self.refresh_ms = None

    def pressed(self, now: int):
        """Return the screen after a press: a new code when this one's time is over, else the next account or none."""
        if self._period and not self._left(now):
            return open_code(self._app, self._index)
        if self._index + 1 < len(self._app.vault.credentials):
            return open_code(self._app, self._index + 1)
        return None
