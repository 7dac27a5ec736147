"""The wait for a fresh code, where the current one has too little time left to be heard and typed.
Imported when there is such a wait. Times are milliseconds of time.ticks_ms()."""

import time

from firmware.speech.say import time_left
from firmware.ui import draw
from firmware.ui.speaking.view import UpdatedView, View

if False:
    from collections.abc import Callable  # type: ignore[unreachable]

    from firmware.interfaces import Any, App, Canvas, Confirmation, Screen, Ticks

_OVER = "fresh_period"  # a deadline, due at once: the fresh code comes
# The clock was read in whole seconds, and its seconds may differ from the processor's by so much.
_MARGIN = 50


class FreshPeriod(UpdatedView):
    """How long until a fresh code, with a soft tick each second. Red gives the current one."""

    kind = "fresh_period"
    stays = new_first = True
    ticks = True  # until the wait is over
    refresh_ms: int | None = 1000

    def __init__(
        self,
        app: "App",
        name: list,
        period: int,
        left: int,
        valid: "Callable[[], bool]",
        take: "Callable[[], View]",
    ):
        """Wait for the end of a period (seconds) of which so many milliseconds are left.

        `name` are the parts that name the account, valid() says whether it is still there, and
        take() gives the view of the code of that moment.
        """
        self._countdown = ["wait", self._number, self._unit]
        UpdatedView.__init__(self, app, name + ["new_code"], "", [self._countdown])
        self._period = period
        self._ends = time.ticks_add(time.ticks_ms(), left + _MARGIN)
        self._valid = valid
        self._take = take
        self._own_pace = False  # whether the code is read at its reader's own pace

    def from_start(self) -> View:
        """Return this view to be said again."""
        self.ticks = True
        self.lines = [self._countdown]
        return UpdatedView.from_start(self)

    def tell(self, view: View) -> View:
        """Return this view with what a function says; the wait goes on."""
        self.ticks = True
        told = view.told()
        self._said = [part for paragraph in told for part in paragraph]
        self.lines = told + [self._countdown]
        return View.from_start(self)

    def at_own_pace(self) -> View:
        """Return this view, to be followed by the code at its reader's own pace."""
        self._own_pace = True
        return self.from_start()

    def take_now(self, key: str) -> "Screen":
        """Return the code of this moment without waiting for the next."""
        code: Any = self._take()
        if not self._own_pace or code.kind != "code":
            return code
        from firmware.ui.speaking.own_pace import OwnPace

        return OwnPace(self.app, code)

    def still_valid(self) -> bool:
        """Return False when the account is gone or blocked."""
        return self._valid()

    def watch_ms(self, now: "Ticks") -> int | None:
        """Return the milliseconds to the next whole second, or to the end of the wait."""
        left = self._left(now)
        return (left - _MARGIN) % 1000 if left > _MARGIN else left if self.ticks else None

    def ends_now(self) -> bool:
        """Give the fresh code when the wait is over; what is new is said by that view."""
        if self.ticks and not self._left(time.ticks_ms()):
            self.ticks = False
            self.app.after(_OVER, 0, self._go_on)
        return False

    def draw(self, canvas: "Canvas", now: "Ticks") -> None:
        """Draw the words and the bar of the period that ends."""
        View.draw(self, canvas, now)
        width = self.app.display.width
        filled = (width - 4) * self._left(now) // (self._period * 1000 + _MARGIN)
        draw.bar(canvas, self.app.display.height - 8, width, filled)

    def _go_on(self) -> None:
        if self.app.screen is self:
            self.app.show(self.take_now(""))

    def _left(self, now: "Ticks") -> int:
        return max(0, time.ticks_diff(self._ends, now))

    def _shown(self) -> tuple:
        return time_left((self._left(time.ticks_ms()) - _MARGIN + 999) // 1000)

    def _number(self) -> str:
        return self._shown()[0]

    def _unit(self) -> str:
        return self._shown()[1]


class FreshResponse(FreshPeriod):
    """How long until the response to an approved challenge, which belongs to a fresh period. The
    approval stands as while it is said."""

    kind = "fresh_response"
    asks = True

    def __init__(
        self,
        app: "App",
        name: list,
        period: int,
        left: int,
        valid: "Callable[[], bool]",
        take: "Callable[[], View]",
        confirmation: "Confirmation",
    ):
        """Wait as FreshPeriod does; a key leads back to the confirmation."""
        FreshPeriod.__init__(self, app, name, period, left, valid, take)
        self._confirmation = confirmation

    def from_start(self) -> View:
        """Return what was approved, to be read back and approved again."""
        return self._confirmation.from_start()

    def tell(self, view: View) -> View:
        """Return this view with what a function says; what was taken back is read back again."""
        if self._confirmation.approved:
            return FreshPeriod.tell(self, view)
        return self._confirmation.tell(view)

    def take_now(self, key: str) -> "Screen":
        """Return the response; what was taken back is read back again instead."""
        if self._confirmation.approved:
            return FreshPeriod.take_now(self, key)
        return self._confirmation.from_start()

    def say_again(self, key: str) -> "Screen":
        """Say the time that is left."""
        return FreshPeriod.from_start(self)

    def correct(self, key: str) -> "Screen":
        """Return the last entry."""
        return self._confirmation.correct(key)
