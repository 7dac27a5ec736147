"""Numbers to copy: a code with the time it has left, and any number checked by typing it back.
Times as in view.py."""

import time

from firmware.speech.say import clips, grouped, rounded
from firmware.storage.vault import BLOCKED, DAMAGED
from firmware.ui import draw
from firmware.ui.speaking.view import View


class Digits(View):
    """A number to copy. Typing it on the keypad checks it: each key is said, and in the end whether
    it was right."""

    def __init__(self, app, title, number: str, lines=()):
        """As a View, with what was typed in place of the paragraphs."""
        View.__init__(self, app, title, number, lines)
        self._typed = ""
        self._heading = title
        self._below = lines
        self._said: list = []

    def parts(self) -> list:
        """Return what is new: all of it at first, then the key that was typed, or the verdict."""
        return self._said or View.parts(self)

    def follow(self, at: int) -> bool:
        """Keep step with the voice, which passes title and number over when there is something
        new."""
        return View.follow(self, at + clips(self.title) + len(self.number) if self._said else at)

    def whole(self):
        """Return this view as it was before anything was typed, to be said from the beginning."""
        self._start_over()
        self.lines = self._below
        self._said = []
        return self

    def _start_over(self) -> None:
        self._typed = ""
        self.title = self._heading
        self.marked = -1

    def key(self, key: str):
        """Take a digit; the star takes all of them back, the hash says once more what was said
        last."""
        if key == "*":
            return self.clear()
        if key == "#":
            return self
        if not key.isdigit():
            return None
        if len(self._typed) == len(self.number):
            self._start_over()
        self._typed += key
        self.lines = [[grouped_so_far(self._typed, self.number)]]
        self._said = [key]
        if len(self._typed) == len(self.number):
            self._judge(key)
        return self

    def left(self, now) -> int | None:
        """Return the milliseconds that the number is good for, None when that does not end."""
        return None

    def clear(self):
        """Forget what was typed."""
        self._start_over()
        self.lines = [["clear"]]
        self._said = ["clear"]
        return self

    def _judge(self, key: str) -> None:
        wrong = [str(i + 1) for i in range(len(self.number)) if self.number[i] != self._typed[i]]
        self.title = ["digit", wrong[0], "is_wrong"] if wrong else ["right"]
        if wrong:
            self.lines = [["try_again"]]
            self.marked = int(wrong[0]) - 1
        self._said = [key] + self.title + (["try_again"] if wrong else [])


class Code(Digits):
    """A code, taken once and pinned, with the time it has left. Period and left are seconds; no
    period for HOTP."""

    def __init__(self, app, index: int, code: str, period: int, left: int):
        """Pin the code of the account at that index."""
        several = len(app.vault.credentials) > 1
        low = ["battery_low"] if app.battery_low() else []
        title = ["account", str(index + 1)] if several else low or ["code"]
        self._warning = (
            [low] if several and low else []
        )  # for which a title with the account's number has no room
        Digits.__init__(self, app, title, code)
        self._index = index
        self._name = app.vault.credentials[index]["name"]
        self._period = period
        self._ends = time.ticks_add(time.ticks_ms(), left * 1000)
        self._over = False
        self.refresh_ms = 1000 if period else None
        self.whole()

    def stands(self) -> bool:
        """Return False when the account has gone or is blocked."""
        vault = self.app.vault
        if vault.state in (BLOCKED, DAMAGED) or self._index >= len(vault.credentials):
            return False
        return vault.credentials[self._index]["name"] == self._name

    def whole(self):
        """Return this view with the time it has left, to be said from the beginning."""
        Digits.whole(self)
        now = time.ticks_ms()
        self.lines = self._life(now)
        if not self._left(now):
            self._over = True  # which the lines say
            self.refresh_ms = None
        return self

    def watch_ms(self, now, speaking: bool) -> int | None:
        """Keep step with the voice; when it is silent, return when the period ends."""
        if speaking:
            return 0
        return None if self._over or not self._period else self._left(now)

    def ends_now(self) -> bool:
        """Return True, once, when the period has ended. What there is to say is that."""
        if self._over or not self._period or self._left(time.ticks_ms()):
            return False
        self._over = True
        self.refresh_ms = None
        if self._typed:
            return False  # whoever types it hears no more than the keys
        self.lines = self._life(time.ticks_ms())
        self._said = ["expired", "press_red"]
        return True

    def draw(self, canvas, now) -> None:
        """Draw the number and the bar, and the time left in words that keep up with it."""
        if not self._said:
            self.lines = self._life(now)
        Digits.draw(self, canvas, now)
        if self._period:
            width = self.app.display.width
            filled = (width - 4) * self._left(now) // (self._period * 1000)
            draw.bar(canvas, self.app.display.height - 8, width, filled)

    def left(self, now) -> int | None:
        """Return the milliseconds left, 0 when over."""
        return self._left(now) if self._period else None

    def _left(self, now) -> int:
        return max(0, time.ticks_diff(self._ends, now))

    def _life(self, now) -> list:
        if not self._period:
            return self._warning
        if not self._left(now):
            return [["expired", "press_red"]]
        return self._warning + [["seconds_left", self._seconds]]

    def _seconds(self) -> str:
        """Return the key of the seconds left; the voice asks when it gets there."""
        return rounded(self._left(time.ticks_ms()) // 1000)


def grouped_so_far(typed: str, number: str) -> tuple:
    """Return the digits typed so far in the groups of the number they should become."""
    half = len(grouped(number)[0])
    return (typed,) if len(typed) <= half else (typed[:half], typed[half:])
