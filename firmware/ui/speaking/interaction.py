"""What the keys of a token that speaks mean. Times are milliseconds of time.ticks_ms().

The red key alone speaks a code. Held while another key goes down, or pressed twice in front of it,
it makes a function of that key; so no function needs two keys at once (EN 301 549, 5.9). Any key
silences the voice and is acted on all the same (5.1.3.5). Every view that is shown is said, from
the same parts (5.1.3.1, 5.1.5).
"""

import time

from firmware.ui.speaking.accounts import Codes
from firmware.ui.speaking.failure import trouble
from firmware.ui.speaking.preferences import Preferences
from firmware.ui.speaking.view import Function, Message, View
from firmware.ui.speaking.voice import Voice

# Deadlines
_RED = "red"
_EXPLORE = "explore"

_TENTH = 100  # a tenth of a second, in which the delay is set


class Interaction:
    """Red key, keypad, headset and voice."""

    def __init__(self, app):
        """Serve this App's keys."""
        self.app = app
        self._red = app.hardware.button
        self._keypad = app.hardware.keypad
        self._voice = Voice(app, self._spoken)
        self.preferences = Preferences(app, self._voice)
        self.codes = Codes(app)
        self._chorded = False  # whether another key went down while the red one was
        self._red_up_at: int | None = (
            None  # when the red key went up after a press that a second one may follow
        )
        self._struck: tuple = ("", 0)  # the last key that went down, and when
        self.sources = self._voice.sources
        for source, read in ((self._red, self._read_red), (self._keypad, self._read_keypad)):
            if source is not None:
                self.sources.append((source, read))

    # What the App asks

    def apply(self, settings: dict) -> None:
        """Take the settings over."""
        self.preferences.apply(settings)

    def comparison(self, number: str) -> View:
        """Return the view with the number that the operator compares with the host's."""
        from firmware.ui.speaking.pages import Comparison

        self.codes.forget()  # a training code is not what there is to repeat now
        return Comparison(self.app, number)

    def start(self) -> None:
        """Act on the press that switched the power on. On USB power it may have been the cable
        instead."""
        usb = self.app.hardware.usb
        if self._red is not None and self._red.down:
            self._struck = (_RED, time.ticks_ms())
            self._red_down()
        elif usb is not None and usb.present():
            self.app.show(None)
        else:
            self.app.show(self.codes.new())

    def quiet(self) -> None:
        """Silence the voice: what comes now takes longer than its buffer, and it would stammer."""
        self._voice.quiet()

    def shown(self, view) -> None:
        """Say what the App has just put on the display; be silent and save the settings when it was
        turned off."""
        if view is None:
            self._voice.hush()
            self.codes.forget()
            self._red_up_at = None
            self.preferences.save()
            return
        self._voice.say(view)

    def _spoken(self) -> None:
        """Go on when the voice has said all: now there is time to write the flash."""
        app = self.app
        if app.screen is not None:
            app.stay_on()
        if not self.preferences.save() and app.screen is not None:
            app.show(trouble(app, "storage_failed"))

    # Keys

    def _delay(self) -> int:
        """Return how long after a key the same one is not accepted again."""
        return self.preferences.values["key_delay"] * _TENTH

    def _twice(self) -> int:
        """Return how long after the red key a second press of it asks for a function."""
        return self.app.product["twice_ms"] + self._delay()

    def _trembles(self, key: str, at) -> bool:
        """Return True for the key before, too soon after it for a user who asked for a delay (EN
        301 549, 5.8)."""
        last, when = self._struck
        self._struck = (key, at)
        if key != last or not 0 <= time.ticks_diff(at, when) < self._delay():
            return False
        if self.app.screen is not None:
            self._voice.say(self.app.screen)  # anew, for the key has silenced it
        return True

    def _read_red(self) -> None:
        while True:
            change = self._red.read()
            if change is None:
                return
            if change[0]:
                if not self._trembles(_RED, change[1]):
                    self._red_down()
            else:
                self._red_up(change[1])

    def _red_down(self) -> None:
        app = self.app
        self._voice.hush()
        self._chorded = False
        first_up = self._red_up_at
        self._red_up_at = None
        if app.screen is None:
            app.show(self.codes.new())
        elif app.screen.exploring:
            self._explore("red")
        elif first_up is not None and time.ticks_diff(time.ticks_ms(), first_up) <= self._twice():
            self._chorded = True  # this press is used up: a third one begins anew
            app.show(Function(app))
        else:
            app.stay_on()
            app.due[_RED] = (
                time.ticks_add(time.ticks_ms(), app.product["red_ms"]),
                self._red_alone,
            )

    def _red_up(self, at) -> None:
        app = self.app
        if app.due.pop(_RED, None) is not None:
            self._red_alone()
        if not self._chorded and app.screen is not None and not app.screen.exploring:
            self._red_up_at = at

    def _red_alone(self) -> None:
        following = self.app.screen.red()
        if following is not False:
            self.app.show(following or self.codes.new())

    def _read_keypad(self) -> None:
        while True:
            change = self._keypad.read()
            if change is None:
                return
            if change[1]:
                if not self._trembles(change[0], change[2]):
                    self._key_down(change[0], change[2])
            elif change[0] == "0" and self.app.screen is not None and not self.app.screen.exploring:
                self.app.due.pop(_EXPLORE, None)

    def _key_down(self, key: str, at) -> None:
        app = self.app
        self._voice.hush()
        self._red_up_at = None
        view = app.screen
        if view is None:
            return
        app.due.pop(_RED, None)
        if view.exploring:
            self._explore(key)
            return
        together = self._red is not None and self._red.down
        if together:
            self._chorded = True
        elif key == "0":
            app.due[_EXPLORE] = (time.ticks_add(at, app.product["explore_hold_ms"]), self._explore)
        if together or view.choosing:
            from firmware.ui.speaking.functions import FUNCTIONS

            app.show(FUNCTIONS[key](self))
            return
        following = view.key(key)
        if following is None:
            # The key of the function that repeats says the view again where it has no other meaning
            # (5.1.3.4).
            following = view.whole() if key == "0" else Message(app, "no_function", "press_red")
        if following is not False:
            app.show(following)

    # Names of the keys

    def _explore(self, key: str | None = None) -> None:
        """Say a key's name, or begin to; it ends by itself."""
        from firmware.ui.speaking.key_explore import Explore

        app = self.app
        self._voice.hush()
        app.show(Explore(app, key))
        app.due[_EXPLORE] = (
            time.ticks_add(time.ticks_ms(), app.product["explore_ms"]),
            self._leave,
        )

    def _leave(self) -> None:
        self._voice.hush()
        self.app.show(Message(self.app, "explore", "end"))
