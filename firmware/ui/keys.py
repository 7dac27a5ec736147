"""What the keys of a token that speaks mean. Times are milliseconds of time.ticks_ms().

The red key alone speaks a code. Held while another key goes down, or pressed twice in front of it, it makes a function
of that key; so no function needs two keys at once (EN 301 549, 5.9). Any key silences the voice and is acted on all the
same (5.1.3.5). Every view that is shown is said, from the same parts (5.1.3.1, 5.1.5).
"""

import time

from firmware.modules import load
from firmware.serial_number import serial_number
from firmware.storage.errors import VaultError
from firmware.ui.taking import NoCodeError, take, trusted_time
from firmware.ui.view import Code, Comparison, Digits, Level, Message, Pace, Serial, View
from firmware.ui.voice import Voice
from firmware.version import VERSION

_TRAINING_DIGITS = 5

# Deadlines
_RED = "red"
_EXPLORE = "explore"

# What a trouble says: what is wrong and what to do.
_TROUBLES = {
    "not_provisioned": "contact_issuer",
    "blocked": "contact_issuer",
    "damaged": "contact_issuer",
    "storage_failed": "try_again",
    "clock_lost": "contact_issuer",
    "clock_absent": "contact_issuer",
}

# The names of the keys and of what they do together with the red one.
_NAMES = {
    "red": ("red", "new_code"),
    "0": ("0", "repeat"),
    "1": ("1", "volume", "down"),
    "2": ("2", "own_pace"),
    "3": ("3", "volume", "up"),
    "4": ("4", "speed", "down"),
    "5": ("5", "status"),
    "6": ("6", "speed", "up"),
    "7": ("7", "language", "previous"),
    "8": ("8", "serial"),
    "9": ("9", "language", "next"),
    "*": ("star", "practice"),
    "#": ("hash", "account", "next"),
}


class Interaction:
    """Red key, keypad, headset and voice."""

    def __init__(self, app):
        """Serve this App's keys."""
        self._app = app
        hardware = app.hardware
        self._red = hardware.button
        self._keypad = hardware.keypad
        self._voice = Voice(app, self._spoken)
        self._settings: dict = {}
        self._unsaved: dict = {}
        self._account = 0
        self._code: Digits | None = None  # the last one, to be repeated
        self._chorded = False  # whether another key went down while the red one was
        self._red_up_at: int | None = None  # when the red key went up after a press that a second one may follow
        self._functions = {
            "0": self._repeat,
            "1": lambda: self._turn("volume", -1),
            "2": self._own_pace,
            "3": lambda: self._turn("volume", 1),
            "4": lambda: self._turn("speed", -1),
            "5": self._status,
            "6": lambda: self._turn("speed", 1),
            "7": lambda: self._change_language(-1),
            "8": lambda: Serial(app, serial_number(hardware.unique_id)),
            "9": lambda: self._change_language(1),
            "*": self._practise,
            "#": self._next_account,
        }
        self.sources = self._voice.sources
        for source, read in ((self._red, self._read_red), (self._keypad, self._read_keypad)):
            if source is not None:
                self.sources.append((source, read))

    # What the App asks

    def apply(self, settings: dict) -> None:
        """Take the settings over: the language of texts and voice, volume and speed."""
        settings.update(self._unsaved)
        language = settings["language"]
        if language != self._settings.get("language"):
            self._app.texts = load("firmware.speech.phrases_" + language).PHRASES
        self._voice.apply(settings)
        self._settings = settings

    def comparison(self, number: str) -> View:
        """Return the view with the number that the operator compares with the host's."""
        return Comparison(self._app, number)

    def start(self) -> None:
        """Act on the press that switched the power on. On USB power it may have been the cable instead."""
        usb = self._app.hardware.usb
        if self._red is not None and self._red.down:
            self._red_down()
        elif usb is not None and usb.present():
            self._app.show(None)
        else:
            self._app.show(self._new_code())

    def shown(self, view) -> None:
        """Say what the App has just put on the display; be silent and save the settings when it was turned off."""
        if view is None:
            self._voice.hush()
            self._code = None
            self._red_up_at = None
            self._save()
            return
        self._voice.say(view)

    def _spoken(self) -> None:
        """Go on when the voice has said all: now there is time to write the flash."""
        if self._app.screen is not None:
            self._app.stay_on()
        self._save()

    # Keys

    def _read_red(self) -> None:
        while True:
            change = self._red.read()
            if change is None:
                return
            if change[0]:
                self._red_down()
            else:
                self._red_up(change[1])

    def _red_down(self) -> None:
        app = self._app
        self._voice.hush()
        self._chorded = False
        first_up = self._red_up_at
        self._red_up_at = None
        if isinstance(app.screen, Explore):
            self._explain("red")
        elif app.screen is None:
            app.show(self._new_code())
        elif first_up is not None and time.ticks_diff(time.ticks_ms(), first_up) <= app.product["twice_ms"]:
            self._chorded = True  # this press is used up: a third one begins anew
            app.show(Function(app))
        else:
            app.stay_on()
            app.due[_RED] = (time.ticks_add(time.ticks_ms(), app.product["red_ms"]), self._red_alone)

    def _red_up(self, at) -> None:
        app = self._app
        if app.due.pop(_RED, None) is not None:
            self._red_alone()
        if not self._chorded and not isinstance(app.screen, Explore):
            self._red_up_at = at

    def _red_alone(self) -> None:
        self._app.show(self._new_code())

    def _read_keypad(self) -> None:
        while True:
            change = self._keypad.read()
            if change is None:
                return
            if change[1]:
                self._key_down(change[0], change[2])
            elif change[0] == "0" and not isinstance(self._app.screen, Explore):
                self._app.due.pop(_EXPLORE, None)

    def _key_down(self, key: str, at) -> None:
        app = self._app
        self._voice.hush()
        self._red_up_at = None
        view = app.screen
        if view is None:
            return
        app.due.pop(_RED, None)
        if isinstance(view, Explore):
            self._explain(key)
            return
        if self._red is not None and self._red.down:
            self._chorded = True
            app.show(self._functions[key]())
            return
        if key == "0":
            app.due[_EXPLORE] = (time.ticks_add(at, app.product["explore_hold_ms"]), self._explore)
        if isinstance(view, Function):
            app.show(self._functions[key]())
        else:
            app.show(view.key(key) or Message(app, "no_function", "press_red"))

    # Functions

    def _new_code(self) -> View:
        """Take a code, or say why there is none."""
        app = self._app
        if self._account >= len(app.vault.credentials):
            self._account = 0
        try:
            code, period, left = take(app, self._account)
        except NoCodeError as trouble:
            self._code = None
            return self._trouble(trouble.key)
        self._code = Code(app, self._account, code, period, left)
        return self._code

    def _trouble(self, key: str) -> View:
        return Message(self._app, key, _TROUBLES[key])

    def _repeat(self) -> View:
        if self._code is None:
            return Message(self._app, "no_code", "press_red")
        return self._code.whole()

    def _next_account(self) -> View:
        count = len(self._app.vault.credentials)
        self._account = (self._account + 1) % count if count else 0
        return self._new_code()

    def _own_pace(self) -> View:
        if self._code is None:
            return Message(self._app, "no_code", "press_red")
        return Pace(self._app, self._code.number)

    def _practise(self) -> View:
        """Return a code for training. A code has six digits at least (RFC 4226, section 4, R4): five are never one."""
        digits = "".join([str(byte % 10) for byte in self._app.hardware.random(_TRAINING_DIGITS)])
        self._code = Digits(self._app, ["practice"], digits, [["not_valid"]])
        return self._code

    def _turn(self, name: str, by: int) -> View:
        """Turn a setting down or up, and say so at the new setting."""
        least, most = self._app.product["ranges"][name]
        value = min(most, max(least, self._settings[name] + by))
        self._set(name, value)
        return Level(self._app, name, value, "13" if name == "volume" else "46", self._turn)

    def _change_language(self, by: int) -> View:
        languages = self._app.product["languages"]
        self._set("language", languages[(languages.index(self._settings["language"]) + by) % len(languages)])
        return Language(self._app, self._change_language)

    def _set(self, name: str, value) -> None:
        """Change a setting now, and keep it when the voice is done: writing the flash takes longer than a buffer."""
        self._unsaved[name] = value
        settings = dict(self._settings)
        settings[name] = value
        self.apply(settings)

    def _save(self) -> None:
        if not self._unsaved:
            return
        changes = self._unsaved
        self._unsaved = {}
        try:
            self._app.vault.write_settings(changes)
        except VaultError:
            if self._app.screen is not None:
                self._app.show(self._trouble("storage_failed"))

    def _status(self) -> View:
        app = self._app
        battery = "no_battery" if app.hardware.battery is None else "battery_ok"
        if app.battery_low():
            battery = "battery_low"
        try:
            clock = ["clock_ok"] if trusted_time(app) is not None else ["clock_lost", "contact_issuer"]
        except OSError:
            clock = ["clock_absent", "contact_issuer"]
        version = ["version"]
        for number in VERSION.split("."):
            version += list(number) + ["point"]
        return View(app, ["status"], "", [[battery], clock, version[:-1]])

    # Names of the keys

    def _explore(self) -> None:
        self._voice.hush()
        self._app.show(Explore(self._app, ["explore"], [["choose_key"]]))
        self._leave_later()

    def _explain(self, key: str) -> None:
        names = _NAMES[key]
        self._app.show(Explore(self._app, list(names[:1]), [list(names[1:])]))
        self._leave_later()

    def _leave_later(self) -> None:
        app = self._app
        app.due[_EXPLORE] = (time.ticks_add(time.ticks_ms(), app.product["explore_ms"]), self._leave)

    def _leave(self) -> None:
        self._voice.hush()
        self._app.show(Message(self._app, "explore", "end"))


class Function(View):
    """The next key alone chooses a function."""

    def __init__(self, app):
        """Say so."""
        View.__init__(self, app, ["function"], "", [["choose_key"]])


class Explore(View):
    """Every key says its name and does nothing else."""

    def __init__(self, app, title, lines):
        """Say a key's name and function."""
        View.__init__(self, app, title, "", lines)


class Language(View):
    """The language that was chosen, in its own words."""

    def __init__(self, app, change):
        """Say its name; change(-1 or 1) gives the view after one of the keys."""
        View.__init__(self, app, ["language"], "", [["language_name"]])
        self._change = change

    def key(self, key: str):
        """Go on to another one without choosing the function again."""
        return self._change(-1 if key == "7" else 1) if key in "79" else None
