"""What the keys of a token that speaks mean. Times are milliseconds of time.ticks_ms().

The red key alone speaks a code. Held while another key goes down, or pressed twice before it, it
selects that key's function; so no function needs two keys at once (EN 301 549, 5.9). Any key
silences the voice and is acted on all the same (5.1.3.5). Every view that is shown is said, from
the same parts (5.1.3.1, 5.1.5).
"""

import time

from firmware.ui.speaking.accounts import Accounts
from firmware.ui.speaking.failure import failure
from firmware.ui.speaking.preferences import Preferences
from firmware.ui.speaking.view import LATER, UNUSED, FunctionChoice, Message, View
from firmware.ui.speaking.voice import Voice

if False:
    from firmware.interfaces import App, Screen, Ticks  # type: ignore[unreachable]

# Deadlines
_RED = "red"  # to act on the red key alone; also its name among the keys
_EXPLORE = "explore"  # to begin or end the exploration of the keys

_DELAY_UNIT = 100  # ms; the setting key_delay counts tenths of a second


class Interaction:
    """Red key, keypad, headset and voice."""

    def __init__(self, app: "App"):
        """Serve this App's keys."""
        self.app = app
        self._red = app.hardware.button
        self._keypad = app.hardware.keypad
        self._voice = Voice(app, self._speech_ended)
        self.preferences = Preferences(app, self._voice)
        self.accounts = Accounts(app)
        self._combined = False  # whether another key went down while the red one was
        # When the red key went up after a press that may be the first of two.
        self._red_up_at: Ticks | None = None
        self._last_down: tuple = ("", 0)  # the last key that went down, and when
        self.sources = self._voice.sources
        for source, read in ((self._red, self._read_red), (self._keypad, self._read_keypad)):
            if source is not None:
                self.sources.append((source, read))

    # Called by the App

    def apply(self, settings: dict) -> None:
        """Apply the settings."""
        self.preferences.apply(settings)

    def comparison(self, number: str) -> View:
        """Return the view with the number that the operator compares with the host's."""
        from firmware.ui.speaking.pages import Comparison

        self.accounts.forget()  # "repeat" must not say a training code now
        return Comparison(self.app, number)

    def start(self) -> None:
        """Act on the press that switched the power on. On USB power it may have been the cable
        instead."""
        usb = self.app.hardware.usb
        if self._red is not None and self._red.down:
            self._last_down = (_RED, time.ticks_ms())
            self._red_down()
        elif usb is not None and usb.present():
            self.app.turn_off()
        else:
            self.app.show(self.accounts.new_code())

    def silence(self) -> None:
        """Silence the voice: the work ahead takes longer than its buffer lasts, and it would
        stutter."""
        self._voice.silence()

    def shown(self, view: View) -> None:
        """Say the view that the App has just shown."""
        self._voice.say(view)

    def turned_off(self) -> None:
        """Be silent, forget the code and the PIN's entry, and save the settings."""
        self._voice.stop()
        self.accounts.forget()
        self._red_up_at = None
        self.preferences.save()

    def _speech_ended(self) -> None:
        """Stay on for the full time from here, and save the settings: now there is time to write
        the flash."""
        app = self.app
        if app.screen is not None:
            app.stay_on()
        if self.preferences.save() and app.screen is not None:
            app.show(failure(app, "storage_failed"))

    # Keys

    def _delay(self) -> int:
        """Return how long after a key the same key is not accepted again."""
        return self.preferences.values["key_delay"] * _DELAY_UNIT

    def _second_press(self) -> int:
        """Return how long after the red key a second press of it asks for a function."""
        return self.app.product["second_press_ms"] + self._delay()

    def _too_soon(self, key: str, at: int) -> bool:
        """Return True when the same key comes again within the delay that the user has set (EN 301
        549, 5.8)."""
        last, when = self._last_down
        self._last_down = (key, at)
        if key != last or not 0 <= time.ticks_diff(at, when) < self._delay():
            return False
        if self.app.screen is not None:
            self._voice.say(self.app.screen)  # again, as the key has silenced it
        return True

    def _read_red(self) -> None:
        while True:
            change = self._red.read()
            if change is None:
                return
            if change[0]:
                if not self._too_soon(_RED, change[1]):
                    self._red_down()
            else:
                self._red_up(change[1])

    def _red_down(self) -> None:
        app = self.app
        self._voice.stop()
        self._combined = False
        first_up = self._red_up_at
        self._red_up_at = None
        if app.screen is None:
            app.show(self.accounts.new_code())
        elif app.screen.exploring:
            self._explore("red")
        elif (
            first_up is not None
            and time.ticks_diff(time.ticks_ms(), first_up) <= self._second_press()
        ):
            self._combined = True  # a third press is not the second of two again
            app.show(FunctionChoice(app))
        else:
            app.stay_on()
            app.after(_RED, app.product["combination_ms"], self._red_alone)

    def _red_up(self, at: "Ticks") -> None:
        app = self.app
        if app.cancel(_RED):
            self._red_alone()
        if not self._combined and app.screen is not None and not app.screen.exploring:
            self._red_up_at = at

    def _red_alone(self) -> None:
        following: Screen = self.app.screen.red()
        if following is UNUSED:
            following = self.accounts.new_code()
        if following is not LATER:
            self.app.show(following)

    def _read_keypad(self) -> None:
        while True:
            change = self._keypad.read()
            if change is None:
                return
            if change[1]:
                if not self._too_soon(change[0], change[2]):
                    self._key_down(change[0], change[2])
            elif change[0] == "0" and self.app.screen is not None and not self.app.screen.exploring:
                self.app.cancel(_EXPLORE)

    def _key_down(self, key: str, at: "Ticks") -> None:
        app = self.app
        self._voice.stop()
        self._red_up_at = None
        view = app.screen
        if view is None:
            return
        app.cancel(_RED)
        if view.exploring:
            self._explore(key)
            return
        with_red = self._red is not None and self._red.down
        if with_red:
            self._combined = True
        elif key == "0":
            app.after(_EXPLORE, app.product["explore_hold_ms"], self._explore, at)
        if with_red or view.choosing:
            from firmware.ui.speaking.functions import FUNCTIONS

            app.show(FUNCTIONS[key](self))
            return
        following: Screen = view.key(key)
        if following is UNUSED:
            # The key that repeats says the view again where it has no other meaning (5.1.3.4).
            if key == "0":
                following = view.from_start()
            else:
                following = Message(app, "no_function", "press_red")
        if following is not LATER:
            app.show(following)

    # Exploring the keys

    def _explore(self, key: str | None = None) -> None:
        """Say a key's name; without a key, begin the exploration. It ends by itself."""
        from firmware.ui.speaking.key_explore import KeyExplore

        app = self.app
        self._voice.stop()
        app.show(KeyExplore(app, key))
        app.after(_EXPLORE, app.product["explore_ms"], self._end_exploring)

    def _end_exploring(self) -> None:
        self._voice.stop()
        self.app.show(Message(self.app, "explore", "end"))
