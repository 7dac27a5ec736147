"""Typing a number: each key is said, the star takes all back, the red key or the hash ends it.
Times as in view.py."""

import time

from firmware.ui.speaking.view import View

# a deadline, due at once: what follows may write the flash, and begins with a flat stack
ENTERED = "entered"
_DOT = 9  # radius of a dot that stands for a digit, pixels


class Entry(View):
    """A number as it is typed."""

    def __init__(self, app, title, least: int, most: int, then, lines=()):
        """Take so many digits; then(typed) gives the view that follows. Lines are said before what
        to do."""
        self._prompt = list(lines) + [["type", "press_red"]]
        View.__init__(self, app, title, "", self._prompt)
        self.typed = ""
        self._least = least
        self._most = most
        self._then = then
        self._said: list = []

    def parts(self) -> list:
        """Return what is new: all of it at first, then what the last key did."""
        return self._said or View.parts(self)

    def whole(self):
        """Return this view with its prompt, and with what has been typed."""
        self._said = []
        self.lines = self._so_far() + self._prompt
        return View.whole(self)

    def follow(self, at: int) -> bool:
        """Keep step with the voice where it says everything."""
        return not self._said and View.follow(self, at)

    def key(self, key: str):
        """Take a digit, take all back, or end."""
        if key == "#":
            return self.red()
        if key == "*":
            self.typed = ""
            self._tell(["clear"])
        elif len(self.typed) == self._most:
            self._tell(["end", "press_red"])
        else:
            self.typed += key
            self._added(key)
        return self

    def red(self):
        """End, or ask again when that was too little."""
        if len(self.typed) < self._least:
            self.whole()
            if self.typed:
                self.lines = [["too_short"]] + self.lines
            return self
        self.app.due[ENTERED] = (time.ticks_ms(), self._end)
        return False

    def _added(self, key: str) -> None:
        self._said = [key]
        self.lines = self._so_far()

    def _tell(self, said: list) -> None:
        self._said = said
        self.lines = self._so_far() + [said]

    def _so_far(self) -> list:
        return [[fours(self.typed)]] if self.typed else []

    def _end(self) -> None:
        self.app.show(self._then(self.typed))


class Hidden(Entry):
    """A number that nobody else is to see or hear (EN 301 549, 5.1.3.8): dots, and a neutral word
    from the speaker."""

    def draw(self, canvas, now) -> None:
        """Draw a dot for each digit at the bottom."""
        View.draw(self, canvas, now)
        y = self.app.display.height - 2 * _DOT
        for place in range(len(self.typed)):
            canvas.ellipse(3 * _DOT * (2 * place + 1) // 2 + _DOT, y, _DOT, _DOT, 1, True)

    def _added(self, key: str) -> None:
        jack = self.app.hardware.jack

        def name() -> (
            str
        ):  # asked as it is about to sound, when the loudspeaker has been turned on or not
            return key if jack is not None and jack.plugged else "digit"

        self._said = [name]
        self.lines = [["digit"]]

    def _so_far(self) -> list:
        return []


def fours(digits: str) -> tuple:
    """Return a long number in groups of four from its beginning."""
    return tuple([digits[start : start + 4] for start in range(0, len(digits), 4)])
