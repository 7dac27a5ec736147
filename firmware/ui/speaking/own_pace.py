"""Own pace: a number read digit by digit, as fast as its reader presses keys. Times as in
view.py."""

import time

from firmware.speech.say import clips
from firmware.ui.speaking.view import View

if False:
    from firmware.interfaces import App, Digits, Screen, Ticks  # type: ignore[unreachable]

_TITLE = ["own_pace", "5", "again"]
_KEYS = ["4", "back", "6", "on"]


class OwnPace(View):
    """A number read at the reader's own pace: each press of 6 says the next digit, 4 the one
    before, 5 three again."""

    kind = "own_pace"
    stays = True

    def __init__(self, app: "App", code: "Digits"):
        """Begin before the first digit of a code."""
        View.__init__(self, app, _TITLE, code.number, [_KEYS])
        self._code = code
        self._over = code.left(time.ticks_ms()) == 0
        self._said = _TITLE + _KEYS  # what is new; the digits come key by key
        self._first = 0  # the first digit of what is being said

    def parts(self) -> list:
        """Return what is new: the keys at first, then the digits of the last one."""
        return self._said

    def step_back(self, key: str) -> "Screen":
        """Say the digit before."""
        return self._step(self.marked - 1, "beginning")

    def step_on(self, key: str) -> "Screen":
        """Say the next digit."""
        return self._step(self.marked + 1, "end")

    def last_three(self, key: str) -> "Screen":
        """Say the last three digits again."""
        self._say(max(0, self.marked - 2), max(0, self.marked))
        return self

    def tell(self, view: View) -> View:
        """Return this view with what a function says; the place in the number stays."""
        self.lines = view.told()
        self._said = [part for paragraph in self.lines for part in paragraph]
        return View.from_start(self)

    def from_start(self) -> View:
        """Return this view with its keys, to be said again; the place in the number stays."""
        self._said = _TITLE + _KEYS
        self.lines = [_KEYS]
        return View.from_start(self)

    def say_again(self, key: str) -> "Screen":
        """Repeat what was said last."""
        return self

    def watch_ms(self, now: "Ticks") -> int | None:
        """Return the milliseconds to the end of the code's time."""
        return None if self._over else self._code.left(now)

    def ends_now(self) -> bool:
        """Return True, once, when the code's time is over."""
        if self._over or self._code.left(time.ticks_ms()) != 0:
            return False
        self._over = True
        self._said = ["expired", "press_red"]
        self.lines = [self._said]
        View.from_start(self)
        return True

    def follow(self, at: int) -> bool:
        """Mark the digit at that place of what is being said; True when it was another one that was
        marked."""
        before = self.marked
        if self._said[0] == "own_pace":
            return View.follow(self, at + len(self.number))
        if not self._said[0].isdigit():
            return View.follow(self, at + clips(self.title) + len(self.number))
        if at >= 0:
            self.marked = min(self._first + at, self._first + len(self._said) - 1)
        return self.marked != before

    def _say(self, first: int, last: int) -> None:
        """Say the digits from the first to the last, and mark them one after another."""
        self._said = list(self.number[first : last + 1])
        self._first = self.marked = first
        self.lines = [_KEYS]
        View.from_start(self)

    def _step(self, to: int, edge: str) -> View:
        if 0 <= to < len(self.number):
            self._say(to, to)
        else:
            self._said = [edge]
            self.lines = [[edge]]
        return View.from_start(self)
