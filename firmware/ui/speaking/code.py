"""Numbers to copy: a code with the time it has left, and any number checked by typing it back; and
the number to compare with the host's. Times are milliseconds of time.ticks_ms()."""

import time

from firmware.speech.say import grouped
from firmware.storage.vault import BLOCKED, DAMAGED
from firmware.ui import draw
from firmware.ui.speaking.view import UpdatedView, View, asked

if False:
    from firmware.interfaces import Any, App, Canvas, Lines, Screen, Ticks  # type: ignore[unreachable]


class Digits(UpdatedView):
    """A number to copy. Typing it on the keypad checks it: each key is said, and in the end whether
    it was right."""

    kind = "code"
    interruptible = True
    lasting = False  # whether it is good until another one is asked for
    _over = False  # whether it has expired

    def __init__(self, app: "App", title: list, number: str, lines: "Lines" = ()):
        """Show a view whose paragraphs are replaced by what is typed."""
        UpdatedView.__init__(self, app, title, number, lines)
        self.typed = self._before = ""  # before the last key
        self._heading = title
        self._below = lines

    def from_start(self) -> View:
        """Return this view to be said from the beginning. What was typed of it stands."""
        return self.in_place_of(self)

    def in_place_of(self, before: "Digits") -> View:
        """Return this view to be said from the beginning, after another one. What was typed of that
        stands where the number is the same; else it is said that it does not."""
        typed = before.typed
        self._start_over()
        self.lines = self._below
        UpdatedView.from_start(self)
        if typed and len(typed) < len(before.number):
            from firmware.ui.speaking.entry import what_stands

            if before.number == self.number:
                self.typed = typed
            # before the number, so that none of it is taken for its digits
            first = what_stands(self.typed)
            self._said = first + self.parts()
            self.lines = [first] + self.lines
        return self

    def _start_over(self) -> None:
        self.typed = ""
        self.title = self._heading
        self.marked = -1

    def say_again(self, key: str) -> "Screen":
        """Repeat what was said last."""
        return self

    def check(self, key: str) -> "Screen":
        """Add a digit."""
        self._before = self.typed
        if len(self.typed) == len(self.number):
            self._start_over()
        self._type(self.typed + key)
        return View.from_start(self)

    def take_back(self) -> None:
        """Take the last digit back."""
        self.typed = ""
        self.from_start()
        if self._before:
            self._type(self._before)

    def _type(self, typed: str) -> None:
        self.typed = typed
        self.lines = [[grouped_as(typed, self.number)]]
        self._said = [typed[-1]]
        if len(typed) == len(self.number):
            self._judge(typed[-1])

    def left(self, now: "Ticks") -> int | None:
        """Return the milliseconds until the number expires, None when it never does."""
        return None

    def clear(self, key: str) -> "Screen":
        """Delete the last digit that was typed; where there is none, or all were judged, say the
        number again."""
        typed = self.typed
        if not 0 < len(typed) < len(self.number):
            return self.from_start()
        from firmware.ui.speaking.entry import told_in_check

        self.typed = typed[:-1]
        return told_in_check(self, [[typed[-1], "cleared"]])

    def _judge(self, key: str) -> None:
        """Say whether what was typed is right."""
        from firmware.ui.speaking.entry import verdict

        self.title, lines, self.marked = verdict(self.number, self.typed, self._over)
        self._said = [key] + self.title + [part for line in lines for part in line]
        self.lines = lines or self.lines


class Code(Digits):
    """A code, generated once, with the time it has left. Period and left are seconds; the period is
    0 for HOTP."""

    def __init__(self, app: "App", index: int, code: str, period: int, left: int):
        """Show this code of the account at that index."""
        self.name = account_name(app, index)
        self._warning = [["battery_low"]] if app.battery_low() else []
        Digits.__init__(self, app, self.name or ["code"], code)
        self._index = index
        self._account = app.vault.credentials[index]["name"]
        self.period = period
        self._ends = time.ticks_add(time.ticks_ms(), left * 1000)
        self._over_heard = False  # whether that was said while it was typed
        self.lasting = not period
        self.refresh_ms = 1000 if period else None
        self.from_start()

    def still_valid(self) -> bool:
        """Return False when the account is gone or blocked."""
        vault = self.app.vault
        if vault.state in (BLOCKED, DAMAGED) or self._index >= len(vault.credentials):
            return False
        return vault.credentials[self._index]["name"] == self._account

    def from_start(self) -> View:
        """Return this view with the time it has left, to be said from the beginning."""
        now = time.ticks_ms()
        self._heading = self.name or ["code"]
        if self.period and not self._left(now):
            self._end()
        elif self.period:
            digits = len(self.number)
            needed = time_needed(self.app, self.name, digits, self.period)
            ample = self._left(now) >= needed
            self._heading = ["ample_time" if ample else "hurry"] + self._heading
            self._ample_ms = needed - reading_ms(self.app, self.name, digits)
        self._below = [["press_red"]] if self._over else self._warning
        return Digits.from_start(self)

    def say_again(self, key: str) -> "Screen":
        """Repeat what was said last; the code itself with the time that is left now."""
        said = self._said
        return self if said and grouped(self.number) not in said else self.from_start()

    def check(self, key: str) -> "Screen":
        """Add a digit; say also that the code has expired, until that was heard."""
        if not (self._over or self._time_left()):
            self._end()
            self.title = self._heading
        Digits.check(self, key)
        if self._over and len(self.typed) < len(self.number) and not self._over_heard:
            self._said.append("expired")
        return self

    def heard(self) -> None:
        """Note that it was heard that the code has expired."""
        if self._said and self._said[-1] == "expired":
            self._over_heard = True

    def watch_ms(self, now: "Ticks") -> int | None:
        """Return the milliseconds to the end of the period."""
        return None if self._over else self.left(now)

    def ends_now(self) -> bool:
        """Return True, once, when the period has ended; that is what is said then."""
        if self._over or self._time_left():
            return False
        self._end()
        if len(self.typed) < len(self.number):  # else the verdict stays
            self.title = self._heading
        if self.typed:
            self._said = ["expired"]
            if len(self.typed) == len(self.number):
                self.lines = [["expired"]]
        else:
            self._said = ["expired", "press_red"]
            self.lines = self._below = [["press_red"]]
        View.from_start(self)
        return True

    def draw(self, canvas: "Canvas", now: "Ticks") -> None:
        """Draw the number and the bar. That there is ample time is shown while there is."""
        if self.title[0] == "ample_time" and self._left(now) < self._ample_ms:
            self.title = self._heading = self._heading[1:]
        Digits.draw(self, canvas, now)
        if self.period:
            width = self.app.display.width
            filled = (width - 4) * self._left(now) // (self.period * 1000)
            draw.bar(canvas, self.app.display.height - 8, width, filled)

    def left(self, now: "Ticks") -> int | None:
        """Return the milliseconds left, 0 when over; None for HOTP."""
        return self._left(now) if self.period else None

    def _end(self) -> None:
        """Note that the period has ended; from now on the code is called expired."""
        self._over = True
        self.refresh_ms = None
        self._heading = (self.name or ["code"]) + ["expired"]

    def _time_left(self) -> bool:
        return not self.period or self._left(time.ticks_ms()) > 0

    def _left(self, now: "Ticks") -> int:
        return max(0, time.ticks_diff(self._ends, now))


def account_name(app: "App", index: int) -> list:
    """Return the parts that name the account at that index, none where it is the only one: its
    name, or its number where nothing can be said of that."""
    held = app.vault.credentials
    if len(held) < 2:
        return []
    from firmware.ui.speaking.names import name_part

    number = str(index + 1)
    part = name_part(app.product, held[index], number)
    return [part] if len(part) > 2 else ["account", number]


def preferences(app: "App") -> dict:
    """Return the settings in force."""
    interaction: Any = app.interaction
    values: dict = interaction.preferences.values
    return values


def time_needed(app: "App", name: list, digits: int, period: int, speed: int | None = None) -> int:
    """Return the milliseconds that a code must be good for, to be heard with the account's name at
    that speed (None: the user's) and typed. A fresh code of that period (seconds) always is."""
    # where no code is waited for (0), ample time is what is ample by default
    chosen = preferences(app)
    typing = chosen["typing_time"] or app.product["settings"]["typing_time"]
    needed = reading_ms(app, name, digits, speed) + typing * 1000
    return min(needed, period * 1000 - app.product["fresh_ms"])


def reading_ms(app: "App", name: list, digits: int, speed: int | None = None) -> int:
    """Return how long a code of that many digits is read for with the account's name, at that speed
    (None: the user's)."""
    interaction: Any = app.interaction
    speed = speed or preferences(app)["speed"]
    longest: int = interaction.reading_ms(digits, speed)
    if name and type(name[0]) is list:
        from firmware.ui.speaking.names import name_ms

        longest += name_ms(name, speed)
    return longest


def too_late(
    app: "App", name: list, left: int, digits: int, period: int, speed: int | None = None
) -> bool:
    """Return True when a fresh code is to be waited for: the user wishes it, and of the period
    (seconds) fewer milliseconds are left than time_needed()."""
    needed = time_needed(app, name, digits, period, speed)
    waits: bool = preferences(app)["typing_time"] and left < needed
    return waits


def grouped_as(typed: str, number: str) -> tuple:
    """Return the digits typed so far in the groups of the number they should become."""
    half = len(grouped(number)[0])
    return (typed,) if len(typed) <= half else (typed[:half], typed[half:])


class Comparison(View):
    """The number that the host shows too while it claims a blank token."""

    def __init__(self, app: "App", number: str):
        """Show and say these digits."""
        View.__init__(self, app, asked(app, "compare"), number)

    def still_valid(self) -> bool:
        """Return False once the operator has compared: the host has given the token its key."""
        return self.app.vault.access_key is None
