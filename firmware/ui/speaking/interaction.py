"""What the keys of a token that speaks mean. Times are milliseconds of time.ticks_ms().

keymap.py has what each key does, and when the red key acts. Held while another key goes down, or
pressed twice before it, the red key selects that key's function; so no function needs two keys at
once (EN 301 549, 5.9). Any key silences the voice and is acted on all the same (5.1.3.5). Every
view that is shown is said, from the same parts (5.1.3.1, 5.1.5).
"""

import time

from firmware.modules import load
from firmware.ui.speaking.accounts import Accounts
from firmware.ui.speaking.announcer import Announcer
from firmware.ui.speaking.code import account_name
from firmware.ui.speaking.preferences import DELAY_UNIT, Preferences
from firmware.ui.speaking.view import LATER, UNUSED, View, failure

if False:
    from firmware.interfaces import Any, App, Screen, Ticks, Tremor  # type: ignore[unreachable]

# Deadlines
_RED = "red"  # to act on the red key alone; also its name among the keys
_RELEASED = "red released"  # to do what it does alone when that can be taken back
_CHOICE = "choice"  # to give up the function that was asked for
_TICK = "tick of red"  # to sound that the red key is down
_HOLD = "hold"  # to begin or end the exploration of the keys
_NEWS = "news"  # to say what has happened

_NEWS_MS = 1500  # a host has no more requests when none came for so long

_SPOKEN_MS = 50  # between looks whether the announcement before a code is over
_BOUNCE_MS = 20  # a key that goes down again so soon was not let go
_HANGS_MS = 30_000  # the red key, down for longer, hangs and selects no functions


class Interaction:
    """Red key, keypad, headset and voice."""

    def __init__(self, app: "App"):
        """Serve this App's keys."""
        self.app = app
        self._red = app.hardware.button
        self._keypad = app.hardware.keypad
        self._announcer = Announcer(app, self._speech_ended)
        self.preferences = Preferences(app, self._announcer)
        self.accounts = Accounts(app)
        self._tremor: Tremor | None = None  # from the first key that goes down while it is on
        self._red_state = "idle"  # of the red key: keymap.py has them all
        self._red_down_at: Ticks = 0  # type: ignore[assignment]
        self._red_up_at: Ticks = 0  # type: ignore[assignment]
        # The view and the last code before the red key acted: what a second press brings back.
        self._replaced: tuple | None = None
        self._last_down: tuple = ("", 0)  # the last key that went down, and when
        self._apart = -1  # ms from the same key going down before, -1 after another one
        self._last_up: tuple = ("", 0)  # the last key that went up, and when
        # The last key that chose a function, and until when another touch of it is the same one.
        self._function: tuple = ("", 0)
        self.sources = self._announcer.sources
        # What there is to say unasked when it interrupts nothing: paragraphs.
        self._news: list = []
        for source, read in (
            (self._red, self._read_red),
            (self._keypad, self._read_keypad),
            (app.hardware.usb, self._read_usb),
        ):
            if source is not None:
                self.sources.append((source, read))

    # Called by the App

    def apply(self, settings: dict) -> None:
        """Apply the settings."""
        self.preferences.apply(settings)

    def comparison(self, number: str) -> View:
        """Return the view with the number that the operator compares with the host's."""
        from firmware.ui.speaking.code import Comparison

        self.accounts.forget()  # "repeat" must not say a training code now
        return Comparison(self.app, number)

    def start(self) -> None:
        """Act on the press that switched the power on. On USB power it may have been the cable
        instead."""
        usb = self.app.hardware.usb
        self._last_down = (_RED, time.ticks_ms())
        if self._red is not None and self._red.down:
            self._red_down()
        elif usb is not None and usb.present():
            from firmware.ui.speaking import keymap, unasked  # noqa: F401 - the news will find them

            self.app.expect_host()
            self._news = self._power()
            self._tell_news()
        else:  # the key is up again already
            self._red_down()
            self._red_up(time.ticks_ms())

    def silence(self) -> None:
        """Silence the voice: the work ahead takes longer than its buffer lasts, and it would
        stutter."""
        view = self.app.screen
        self._announcer.silence()
        if view is not None and view.passing:
            view.heard()
        if self._news:
            self.app.after(_NEWS, _NEWS_MS, self._tell_news)

    def speaking(self) -> bool:
        """Return True while something sounds."""
        return self._announcer.speaking()

    def reading_ms(self, digits: int, speed: int) -> int:
        """Return how long a code of that many digits is read for at most."""
        return self._announcer.reading_ms(digits, speed)

    def shown(self, view: View) -> None:
        """Say the view that the App has just shown."""
        self._announcer.say(view)

    def account_saved(self, place: int) -> None:
        """Say that the host has stored the account at that place, once it has no more requests."""
        self._news = [account_name(self.app, place) or ["account"], ["saved"]]
        self.app.after(_NEWS, _NEWS_MS, self._tell_news)

    def time_over(self) -> None:
        """Say that the token turns off."""
        from firmware.ui.speaking.unasked import TurningOff

        self.app.show(TurningOff(self.app, self.app.screen))

    def turned_off(self) -> None:
        """Be silent, forget the code and the PIN's entry, and save the settings."""
        self._announcer.stop()
        self.accounts.forget()
        self._red_event("end")
        self._news = []
        if self._tremor is not None:
            self._tremor.forget()
        self.preferences.save()

    def _speech_ended(self) -> None:
        """Stay on for the full time from here, and save the settings: now there is time to write
        the flash."""
        app = self.app
        if app.screen is not None:
            app.stay_on()
            if self._tremor is not None:
                self._tremor.wait()
        view = app.screen
        if self.preferences.save() and view is not None:
            message = failure(app, "storage_failed")
            app.show(view.tell(message) if view.stays else message)
        elif view is not None:
            view.heard()
            self._tell_news()

    def _tell_news(self) -> None:
        """Say what there is to say unasked, unless it would interrupt: then it waits for the end of
        what is said. While red is to act it waits for what red leads to."""
        app = self.app
        view = app.screen
        interrupts = self._announcer.speaking() or self._red_state in ("held", "window")
        if self._news and not interrupts and (view is None or view.interruptible):
            from firmware.ui.speaking.unasked import News

            news = self._news
            self._news = []
            app.show(News(app, view, *news))

    def _read_usb(self) -> None:
        """Say that the cable was plugged in."""
        while True:
            change = self.app.hardware.usb.read()
            if change is None:
                break
            self._news = self._power() if change[0] else []
        self._tell_news()

    def _power(self) -> list:
        """Return what there is to say of the cable: whether the cell is charged too."""
        return [["plugged_in"]] + ([["battery", "charging"]] if self.app.charging() else [])

    # Keys

    def _keymap(self) -> "Any":
        """Return firmware.ui.speaking.keymap: what wakes the token and its first sound need none of
        it."""
        return load("firmware.ui.speaking.keymap")

    def _hand(self) -> "Tremor":
        """Return what watches for a trembling hand."""
        if self._tremor is None:
            from firmware.ui.speaking.tremor import Tremor

            self._tremor = Tremor(self)
        return self._tremor

    def _delay(self) -> int:
        """Return how long after a key the same key is not accepted again."""
        return self.preferences.values["key_delay"] * DELAY_UNIT

    def _second_press(self) -> int:
        """Return how long after the red key a second press of it asks for a function."""
        return self.app.product["second_press_ms"] + self._delay()

    def _soon_after_red(self, at: "Ticks") -> bool:
        """Return True when a press at that time would be the second of two."""
        apart = time.ticks_diff(at, self._red_up_at)
        return "second" in self._keymap().RED_KEY[self._red_state] and apart <= self._second_press()

    def _too_soon(self, key: str, at: "Ticks") -> bool:
        """Return True when the same key comes again within the delay that the user has set (EN 301
        549, 5.8), or bounces."""
        last, when = self._last_down
        up, since = self._last_up
        self._last_down = (key, at)
        self._apart = time.ticks_diff(at, when) if key == last else -1
        if not 0 <= self._apart < self._delay() and not (
            key == up and 0 <= time.ticks_diff(at, since) < _BOUNCE_MS
        ):
            return False
        red_is_to_act = key == _RED and self._red_state in ("idle", "held", "window")
        if self.app.screen is not None and not red_is_to_act:
            self._announcer.say(self.app.screen)  # again, as the key has silenced it
        return True

    def _read_red(self) -> None:
        while True:
            change = self._red.read()
            if change is None:
                return
            if not change[0]:
                self._last_up = (_RED, change[1])
                self._red_up(change[1])
            elif not self._too_soon(_RED, change[1]):
                self._hand().down(self._apart)
                self._red_down()
            else:
                self._resume_press()

    def _red_event(self, event: str) -> str | None:
        """Take the red key to the state that follows an event; return that, or None when the event
        changes nothing."""
        table = self._keymap().RED_KEY
        following = table[self._red_state].get(event) or table["any"].get(event)
        if following is not None:
            self._red_state = following
            if following != "acted":
                self._replaced = None
        return following

    def _resume_press(self) -> None:
        """Take the red key's press as one with the press before, where what that one does is still
        open; else its release counts nothing."""
        app = self.app
        if "resume" not in self._keymap().RED_KEY[self._red_state]:
            return
        waits = app.cancel(_RED)
        # Woken, it is being said what the token was woken for.
        if (app.cancel(_RELEASED) or waits) and self._red_event("resume") != "waking":
            app.after(_TICK, app.product["combination_ms"], self._announcer.tick)

    def _red_down(self) -> None:
        """Wake the token, or see whether this is the second press of two."""
        app = self.app
        self._announcer.stop()
        app.cancel(_RED)
        app.cancel(_HOLD)
        app.cancel(_RELEASED)
        app.cancel(_CHOICE)
        self._red_down_at = time.ticks_ms()
        view = self._passed(app.screen, _RED)
        if view is None:
            app.show(self.accounts.begin())
            self._red_event("wake")
            return
        second = self._soon_after_red(self._red_down_at)
        replaced = self._replaced
        app.stay_on()
        if view.exploring:
            self._key_explore().keep_on(app)
        following = self._red_event("second" if second else "press")
        if second:
            if replaced is not None:
                view, self.accounts.last = replaced
            # From off it may be a hand that trembles, which waits for a code.
            if following == "chord":
                from firmware.ui.speaking.function_choice import FunctionChoice

                covered = view.choosing or view.passing
                app.show(FunctionChoice(app, view.below if covered else view, self._apart))
                return
        app.after(_TICK, app.product["combination_ms"], self._announcer.tick)

    def _red_up(self, at: "Ticks") -> None:
        app = self.app
        if app.screen is None:
            self._red_event("end")
            return
        if app.screen.choosing:
            app.after(_CHOICE, app.product["choice_ms"] * app.time_outs, self._no_key_chosen)
        following = self._red_event("release")
        if following is None:
            return
        self._red_up_at = at
        ticks = app.cancel(_TICK)
        if following == "window" and self._harmless(app.screen):
            app.after(_RELEASED, _BOUNCE_MS, self._red_released, at)
            return
        if ticks:
            self._announcer.tick()
        app.after(_RED, self._second_press(), self._red_alone, at)

    def _harmless(self, view: View) -> bool:
        """Return True when what the red key does alone on a view can be taken back."""
        return self._keymap().action(view.kind, _RED) is not None or self.accounts.harmless(view)

    def _red_released(self) -> None:
        """Do what the red key does alone; a second press takes it back, but for the end of the
        names of the keys: a hand that trembles leaves them too."""
        view = self.app.screen
        if self._red_event("chord" if view.exploring else "act") == "acted":
            self._replaced = (view, self.accounts.last)
        if view.choosing:
            self._hand().trembled(view.apart)
        self._do_red(view)

    def _no_key_chosen(self) -> None:
        """Go back from the choice of a function, to what is to be heard again. A hand that trembles
        gets what its red key does alone, where that can be taken back."""
        view = self.app.screen
        if not view.choosing:
            return
        self._red_event("lapse")
        self._red_up_at = time.ticks_ms()
        if self._hand().trembled(view.apart) and self._harmless(view.below):
            self._do_red(view.below)
        else:
            self.app.show(view.go_back(_RED))

    def _red_alone(self) -> None:
        """Do what the red key does alone: it was released, and no second press came."""
        app = self.app
        if self._red is not None and self._red.down:  # it bounced, or chose the next account
            app.after(_RED, self._second_press(), self._red_alone)
            return
        view = app.screen
        if view.kind == "pending" and self._announcer.speaking():  # it is said to its end
            app.after(_RED, _SPOKEN_MS, self._red_alone)
            return
        state = self._red_state
        self._red_event("time")
        if state == "twice_up":
            self._hand().trembled(self._apart)
        if state not in ("woken", "twice_up") or view.kind == "pending":
            self._do_red(view)
        elif state == "twice_up":  # the second press silenced it
            app.show(view.from_start())

    def _do_red(self, view: View) -> None:
        following: Screen = view.key(_RED)
        if following is UNUSED:
            following = self.accounts.after_red(view)
        if following is not LATER:
            self.app.show(following)

    def _read_keypad(self) -> None:
        while True:
            change = self._keypad.read()
            if change is None:
                return
            if not change[1]:
                self._last_up = (change[0], change[2])
                self._function_let_go(change[0], change[2])
                if change[0] == "0":
                    self.app.cancel(_HOLD)
            elif not self._too_soon(change[0], change[2]):
                self._hand().down(self._apart)
                self._key_down(change[0], change[2])

    def _function_let_go(self, key: str, at: "Ticks") -> None:
        """Take a touch soon after it as the same one too, when that key chose a function."""
        last, until = self._function
        if key == last:
            longer = time.ticks_add(at, self._keymap().LET_GO_MS)
            if time.ticks_diff(longer, until) > 0:
                self._function = (key, longer)

    def _key_down(self, key: str, at: "Ticks") -> None:
        app = self.app
        self._announcer.stop()
        view = app.screen
        if view is None or (view.kind == "code" and key in "*#" and self._red_state == "window"):
            return  # it would say again the code that red is to replace
        for name in (_RED, _RELEASED, _TICK, _HOLD):
            app.cancel(name)
        with_red = (
            self._red is not None
            and self._red.down
            and time.ticks_diff(at, self._red_down_at) < _HANGS_MS
        )
        chosen = with_red or view.choosing or self._red_state in ("twice", "twice_up")
        keymap = self._keymap()
        last, until = self._function
        again = key == last and time.ticks_diff(until, at) > 0
        if not (chosen or again):
            view = self._passed(view, key)
            if view is None:
                return
        soon_after_red = self._soon_after_red(at)
        if with_red and self._replaced is not None:
            # The key delay made one press of two, and that one chooses a function.
            app.screen, self.accounts.last = self._replaced
            view = app.screen
        self._red_event("chord" if with_red else "key")
        if view.exploring:
            self._key_explore().explore(app, key, with_red)
            if key == "0" and not with_red:
                app.after(_HOLD, app.product["explore_hold_ms"], self._zero_held, at)
            return
        # A hand that trembles does the function again or hears it again, and types no digit by it.
        if chosen or again:
            self._function = (key, time.ticks_add(at, keymap.TREMOR_MS))
            self._choose(key, chosen or keymap.FUNCTIONS[key][0] in keymap.REPEATED)
            return
        self._function = ("", 0)
        if key == "0":
            app.after(_HOLD, app.product["explore_hold_ms"], self._zero_held, at)
        # A hand that trembles presses red three times instead of twice: the hash that follows meant
        # red's function, and approves or submits nothing.
        says_again = soon_after_red and key == "#" and keymap.action(view.kind, _RED) == "repeat"
        self._hand().did(keymap.action(view.kind, key))
        following: Screen = view.key(_RED if says_again else key)
        if following is UNUSED:
            from firmware.ui.speaking.unasked import no_function

            following = no_function(view)
        if following is not LATER:
            app.show(following)

    def _passed(self, view: "Any", key: str) -> "Any":
        """Return the view that a key acts on: what the token said by itself goes when the key has
        no meaning there."""
        app = self.app
        while view is not None and view.passing and self._keymap().passes(view.kind, key):
            view = view.below
            if view is None:
                app.turn_off()
            else:
                app.screen = view
                app.draw()
        return view

    def _choose(self, key: str, does: bool) -> None:
        """Do a key's function on the view that is shown or was before the function was asked for;
        or only say again what that has led to."""
        from firmware.ui.speaking.functions import choose

        app = self.app
        self._hand().did(self._keymap().FUNCTIONS[key][0])
        if does and (app.screen.choosing or app.screen.passing):
            app.screen = app.screen.below
        app.show(choose(self, key) if does else app.screen)
        if app.screen.kind == "pending":
            app.after(_RED, self._second_press(), self._red_alone)

    # Exploring the keys

    def _key_explore(self) -> "Any":
        """Return firmware.ui.speaking.key_explore."""
        return load("firmware.ui.speaking.key_explore")

    def _zero_held(self) -> None:
        """Begin the exploration of the keys, or end it."""
        key_explore = self._key_explore()
        app = self.app
        if self._keymap().action(app.screen.kind, "0 held") == "leave":
            key_explore.end(app)
            return
        app.screen.take_back()
        self._announcer.stop()
        key_explore.explore(app)
