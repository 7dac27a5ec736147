"""What the presses of a one-button token mean. Times are milliseconds of time.ticks_ms().

A press that turns the token on acts as the button goes down. While something is shown a press acts
as the button goes up, unless it was held for so long that it opened the information pages.
"""

import time

from firmware.modules import load
from firmware.ui.fob.code import open_code

if False:
    from firmware.interfaces import App, Screen, Ticks  # type: ignore[unreachable]

_HOLD = "hold"  # the deadline at which a press becomes a hold


def _words(language: str) -> tuple:
    """Return the texts of a language; what shows them is loaded with them, where it lies well."""
    load("firmware.ui.fob.message")
    return load("firmware.ui.fob.texts_" + language).TEXTS, False


class Interaction:
    """One button and the screens that it leads to."""

    def __init__(self, app: "App"):
        """Serve this App's button."""
        self._app = app
        self._button = app.hardware.button
        self._steps_on_release = False
        self.sources: list = [] if self._button is None else [(self._button, self._read_button)]

    def apply(self, settings: dict) -> None:
        """Apply the settings: the language of the texts."""
        self._app.use_language(lambda: _words(settings["language"]))

    def comparison(self, number: str) -> "Screen":
        """Return the screen with the number that the operator compares with the host's."""
        from firmware.ui.fob.message import Comparison  # no press waits for it

        return Comparison(self._app, number)

    def start(self) -> None:
        """Act on the press that switched the power on. On USB power it may have been the cable
        instead."""
        app = self._app
        usb = app.hardware.usb
        if self._button is not None and self._button.down:
            self._press_down(time.ticks_ms())
        elif usb is not None and usb.present():
            app.turn_off()
        else:
            app.show(open_code(app, 0))

    def silence(self) -> None:
        """Do nothing: there is no voice."""

    def shown(self, screen: "Screen") -> None:
        """Do nothing more for a screen that the App has just shown."""

    def account_saved(self, place: int) -> None:
        """Do nothing: the host says it."""

    def time_over(self) -> None:
        """Turn off: nobody has pressed for long."""
        self._app.turn_off()

    def turned_off(self) -> None:
        """Do nothing more when the App turns the token off."""

    def _read_button(self) -> None:
        while True:
            change = self._button.read()
            if change is None:
                return
            if change[0]:
                self._press_down(change[1])
            else:
                self._press_up(change[1])

    def _press_down(self, at: "Ticks") -> None:
        app = self._app
        self._steps_on_release = app.screen is not None
        if app.screen is None:
            app.show(open_code(app, 0))
        else:
            app.stay_on()
        app.after(_HOLD, app.product["hold_ms"], self._held, at)

    def _press_up(self, at: "Ticks") -> None:
        app = self._app
        if app.reached(_HOLD, at):
            self._held()
        elif self._steps_on_release and app.screen is not None:
            following = app.screen.pressed(time.ticks_ms())
            if following is None:
                app.turn_off()
            else:
                app.show(following)
        app.cancel(_HOLD)
        self._steps_on_release = False

    def _held(self) -> None:
        from firmware.ui.fob.info import Info

        self._steps_on_release = False
        self._app.show(Info(self._app))
