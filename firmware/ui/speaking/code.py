"""Numbers to copy: a code with the time it has left, and any number checked by typing it back.
Times are milliseconds of time.ticks_ms()."""

import time

from firmware.speech.say import clips, grouped, rounded
from firmware.storage.vault import BLOCKED, DAMAGED
from firmware.ui import draw
from firmware.ui.speaking.view import View

if False:
    from firmware.interfaces import App, Canvas, Lines, Screen, Ticks  # type: ignore[unreachable]


class Digits(View):
    """A number to copy. Typing it on the keypad checks it: each key is said, and in the end whether
    it was right."""

    kind = "code"
    lasting = False  # whether it is good until another one is asked for

    def __init__(self, app: "App", title: list, number: str, lines: "Lines" = ()):
        """Show a view whose paragraphs are replaced by what is typed."""
        View.__init__(self, app, title, number, lines)
        self._typed = ""
        self._heading = title
        self._below = lines
        self._said: list = []

    def parts(self) -> list:
        """Return what is new: everything at first, then the key that was typed, or the result."""
        return self._said or View.parts(self)

    def follow(self, at: int) -> bool:
        """Follow the voice, which ends with the last paragraph also when only something new is
        said."""
        if self._said:
            at += clips(View.parts(self)) - clips(self._said)
        return View.follow(self, at)

    def from_start(self) -> View:
        """Return this view as it was before anything was typed, to be said from the beginning."""
        self._start_over()
        self.lines = self._below
        self._said = []
        return View.from_start(self)

    def _start_over(self) -> None:
        self._typed = ""
        self.title = self._heading
        self.marked = -1

    def say_again(self, key: str) -> "Screen":
        """Repeat what was said last."""
        return self

    def check(self, key: str) -> "Screen":
        """Add a digit."""
        if len(self._typed) == len(self.number):
            self._start_over()
        self._typed += key
        self.lines = [[grouped_as(self._typed, self.number)]]
        self._said = [key]
        if len(self._typed) == len(self.number):
            self._judge(key)
        return View.from_start(self)

    def left(self, now: "Ticks") -> int | None:
        """Return the milliseconds until the number expires, None when it never does."""
        return None

    def clear(self, key: str) -> "Screen":
        """Delete what was typed."""
        self._start_over()
        self.lines = [["cleared"]]
        self._said = ["cleared"]
        return View.from_start(self)

    def _judge(self, key: str) -> None:
        wrong = [str(i + 1) for i in range(len(self.number)) if self.number[i] != self._typed[i]]
        self.title = ["digit"] + wrong if wrong else ["right"]
        if wrong:
            self.lines = [["is_wrong", "try_again"]]
            self.marked = int(wrong[0]) - 1
        self._said = [key] + self.title + (self.lines[0] if wrong else [])


class Code(Digits):
    """A code, generated once, with the time it has left. Period and left are seconds; the period is
    0 for HOTP."""

    def __init__(self, app: "App", index: int, code: str, period: int, left: int):
        """Show this code of the account at that index."""
        several = len(app.vault.credentials) > 1
        low = ["battery_low"] if app.battery_low() else []
        title = ["account", str(index + 1)] if several else low or ["code"]
        # A title with the account's number has no room for the warning.
        self._warning = [low] if several and low else []
        Digits.__init__(self, app, title, code)
        self._index = index
        self._name = app.vault.credentials[index]["name"]
        self._period = period
        self._ends = time.ticks_add(time.ticks_ms(), left * 1000)
        self._over = False
        self.lasting = not period
        self.refresh_ms = 1000 if period else None
        self.from_start()

    def still_valid(self) -> bool:
        """Return False when the account is gone or blocked."""
        vault = self.app.vault
        if vault.state in (BLOCKED, DAMAGED) or self._index >= len(vault.credentials):
            return False
        return vault.credentials[self._index]["name"] == self._name

    def from_start(self) -> View:
        """Return this view with the time it has left, to be said from the beginning."""
        Digits.from_start(self)
        now = time.ticks_ms()
        self.lines = self._time_left(now)
        if not self._left(now):
            self._over = True  # and the lines say so
            self.refresh_ms = None
        return self

    def watch_ms(self, now: "Ticks") -> int | None:
        """Return the milliseconds to the end of the period."""
        return None if self._over or not self._period else self._left(now)

    def ends_now(self) -> bool:
        """Return True, once, when the period has ended; that is what is said then."""
        if self._over or not self._period or self._left(time.ticks_ms()):
            return False
        self._over = True
        self.refresh_ms = None
        if self._typed:
            return False  # while the user types, only the keys are said
        self.lines = self._time_left(time.ticks_ms())
        self._said = ["expired", "press_red"]
        View.from_start(self)
        return True

    def draw(self, canvas: "Canvas", now: "Ticks") -> None:
        """Draw the number and the bar, and the time left in words that keep up with it."""
        if not self._said:
            self.lines = self._time_left(now)
        Digits.draw(self, canvas, now)
        if self._period:
            width = self.app.display.width
            filled = (width - 4) * self._left(now) // (self._period * 1000)
            draw.bar(canvas, self.app.display.height - 8, width, filled)

    def left(self, now: "Ticks") -> int | None:
        """Return the milliseconds left, 0 when over; None for HOTP."""
        return self._left(now) if self._period else None

    def _left(self, now: "Ticks") -> int:
        return max(0, time.ticks_diff(self._ends, now))

    def _time_left(self, now: "Ticks") -> list:
        if not self._period:
            return self._warning
        if not self._left(now):
            return [["expired", "press_red"]]
        return self._warning + [["seconds_left", self._seconds]]

    def _seconds(self) -> str:
        """Return the phrase for the seconds left; the voice calls this when it gets there."""
        return rounded(self._left(time.ticks_ms()) // 1000)


def grouped_as(typed: str, number: str) -> tuple:
    """Return the digits typed so far in the groups of the number they should become."""
    half = len(grouped(number)[0])
    return (typed,) if len(typed) <= half else (typed[:half], typed[half:])
