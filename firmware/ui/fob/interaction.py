"""What the presses of a one-button token mean. Times are milliseconds of time.ticks_ms().

A press that turns the token on acts as the button goes down. While something is shown a press acts
as the button goes up, unless it was held for so long that it opened the information pages.
"""

import time

from firmware.modules import load
from firmware.ui.fob.code import open_code
from firmware.ui.fob.message import Comparison

_HELD = "held"  # the deadline at which a press becomes a hold


class Interaction:
    """One button and the screens that it leads to."""

    def __init__(self, app):
        """Serve this App's button."""
        self._app = app
        self._button = app.hardware.button
        self._steps_on_release = False
        self.sources = [] if self._button is None else [(self._button, self._read_button)]

    def apply(self, settings: dict) -> None:
        """Take the settings over: the language of the texts."""
        self._app.texts = load("firmware.ui.fob.texts_" + settings["language"]).TEXTS

    def comparison(self, number: str):
        """Return the screen with the number that the operator compares with the host's."""
        return Comparison(self._app, number)

    def start(self) -> None:
        """Act on the press that switched the power on. On USB power it may have been the cable
        instead."""
        app = self._app
        usb = app.hardware.usb
        if self._button is not None and self._button.down:
            self._press_down(time.ticks_ms())
        elif usb is not None and usb.present():
            app.show(None)
        else:
            app.show(open_code(app, 0))

    def quiet(self) -> None:
        """There is no voice to silence."""

    def shown(self, screen) -> None:
        """There is nothing to do for a screen that the App has just put on the display, or None for
        off."""

    def _read_button(self) -> None:
        while True:
            change = self._button.read()
            if change is None:
                return
            if change[0]:
                self._press_down(change[1])
            else:
                self._press_up(change[1])

    def _press_down(self, at) -> None:
        app = self._app
        self._steps_on_release = app.screen is not None
        if app.screen is None:
            app.show(open_code(app, 0))
        else:
            app.stay_on()
        app.due[_HELD] = (time.ticks_add(at, app.product["hold_ms"]), self._held)

    def _press_up(self, at) -> None:
        app = self._app
        held = app.due.pop(_HELD, None)
        if held is not None and time.ticks_diff(at, held[0]) >= 0:
            self._held()
        elif self._steps_on_release and app.screen is not None:
            app.show(app.screen.pressed(time.ticks_ms()))
        self._steps_on_release = False

    def _held(self) -> None:
        from firmware.ui.fob.info import Info

        self._steps_on_release = False
        self._app.show(Info(self._app))
