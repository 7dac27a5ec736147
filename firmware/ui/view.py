"""Screens of a token that speaks: what they show and what is said are made of the same parts (see firmware.speech.say).

A view has a title, a number in large digits or none, and paragraphs below; `parts()` is all of it in that order, which
is what the App's interaction lets the voice say. A key that a view has a use for gives the view that follows.
"""

import time

import framebuf

from firmware.speech.say import grouped, rounded, text
from firmware.storage.vault import BLOCKED, DAMAGED
from firmware.ui import draw
from firmware.ui.screen import Screen

_RULE = 2  # pixels under a title
_SPACE = 2  # pixels above and below the rule
_BAR = 10  # the bar of the time left, with the space above it

_LIGHT_ON_DARK = framebuf.FrameBuffer(bytearray(b"\x80"), 2, 1, framebuf.MONO_HLSB)  # a palette: 0 -> 1, 1 -> 0


class View(Screen):
    """Something to show and to say."""

    times = 1  # how often it is said

    def __init__(self, app, title, number: str = "", lines=()):
        """Show parts as the title, a number of 5 to 8 digits, and lists of parts as the paragraphs."""
        self.app = app
        self.title = title
        self.number = number
        self.lines = lines
        self.marked = -1  # the digit of the number that is being said

    def parts(self) -> list:
        """Return everything that is shown, as parts to say."""
        said = list(self.title)
        if self.number:
            said.append(grouped(self.number))
        for line in self.lines:
            said += line
        return said

    def key(self, key: str):
        """Return what follows after a key, None when it means nothing here."""

    def watch_ms(self, now, speaking: bool) -> int | None:
        """Return when to ask next what the voice or the time has made of this, None when they change nothing."""

    def follow(self, at: int) -> bool:
        """Keep step with the voice, which is at that place of parts(); True when there is something new to draw."""
        return False

    def ends_now(self) -> bool:
        """Return True, once, when time has brought something new to say."""
        return False

    def draw(self, canvas, now) -> None:
        """Draw the title with a rule under it, the number, and the paragraphs."""
        app = self.app
        font = app.text_font
        draw.text(canvas, font, text(self.title, app.texts), 0, 0)
        y = font.height() + _SPACE
        canvas.fill_rect(0, y, app.display.width, _RULE, 1)
        y += _RULE + _SPACE
        if self.number:
            y = self._draw_number(canvas, y)
        for line in self.lines:
            for row in draw.wrapped(font, text(line, app.texts), app.display.width):
                draw.text(canvas, font, row, 0, y)
                y += font.height()

    def _draw_number(self, canvas, y: int) -> int:
        """Draw the digits in two groups; return where the next line begins."""
        app = self.app
        font = app.code_font(len(self.number))
        bottom = app.display.height - _BAR - app.text_font.height()
        x = (app.display.width - draw.grouped_width(font, self.number)) // 2
        y += (bottom - y - font.height()) // 2
        draw.grouped(canvas, font, self.number, x, y)
        if self.marked >= 0:
            first, _ = grouped(self.number)
            x += draw.width(font, self.number[: self.marked])
            if self.marked >= len(first):
                x += draw.grouped_width(font, self.number) - draw.width(font, self.number)
            glyph, rows, columns = font.get_ch(self.number[self.marked])
            canvas.blit((glyph, columns, rows, framebuf.MONO_HLSB), x, y, -1, _LIGHT_ON_DARK)
        return bottom


class Message(View):
    """What is wrong, or what was done, and what to do: a title and paragraphs."""

    def __init__(self, app, *keys):
        """Say the phrases of these keys; the first is the title."""
        View.__init__(self, app, keys[:1], "", [[key] for key in keys[1:]])


class Comparison(View):
    """The number that the host shows too while it claims a blank token."""

    def __init__(self, app, number: str):
        """Show and say these digits."""
        View.__init__(self, app, ["compare"], number)

    def stands(self) -> bool:
        """Return False once the operator has compared: the host has given the token its key."""
        return self.app.vault.access_key is None


class Level(View):
    """A setting in steps, and the keys that turn it down and up."""

    def __init__(self, app, name: str, value: int, keys: str, turn):
        """Show the setting `name`; turn(name, -1 or 1) gives the view after one of the two keys."""
        least, most = app.product["ranges"][name]
        limit = "lowest" if value == least else "highest" if value == most else None
        View.__init__(self, app, [name, str(value)], "", [[limit]] if limit else [])
        self._name = name
        self._keys = keys
        self._turn = turn

    def key(self, key: str):
        """Turn it on without choosing the function again."""
        return self._turn(self._name, 2 * self._keys.index(key) - 1) if key in self._keys else None


class Digits(View):
    """A number to copy. Typing it on the keypad checks it: each key is said, and in the end whether it was right."""

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
        """Take a digit; the star takes all of them back."""
        if key == "*":
            return self.clear()
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
    """A code, taken once and pinned, with the time it has left. Period and left are seconds; no period for HOTP."""

    def __init__(self, app, index: int, code: str, period: int, left: int):
        """Pin the code of the account at that index."""
        several = len(app.vault.credentials) > 1
        title = ["account", str(index + 1)] if several else ["code"]
        if app.battery_low():
            title = title[1:] + ["battery_low"]  # with the account's number, where it has one
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
        """Return when the period ends."""
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

    def _left(self, now) -> int:
        """Return the milliseconds left, 0 when over."""
        return max(0, time.ticks_diff(self._ends, now))

    def _life(self, now) -> list:
        if not self._period:
            return []
        if not self._left(now):
            return [["expired", "press_red"]]
        return [["seconds_left", self._seconds]]

    def _seconds(self) -> str:
        """Return the key of the seconds left; the voice asks when it gets there."""
        return rounded(self._left(time.ticks_ms()) // 1000)


class Pace(View):
    """A number read at the reader's own pace: each press of 6 says the next digit, 4 the one before, 5 three again."""

    def __init__(self, app, number: str):
        """Begin before the first digit."""
        View.__init__(self, app, ["own_pace"], number, [["pace_keys"]])
        self._said = ["own_pace", "pace_keys"]  # what is new; the digits come key by key
        self._first = 0  # the first digit of what is being said

    def parts(self) -> list:
        """Return what is new: the keys at first, then the digits of the last one."""
        return self._said

    def key(self, key: str):
        """Move on, back, or say the last three digits again."""
        if key not in "456":
            return None
        self.lines = [["pace_keys"]]
        last = self.marked
        if key == "5":
            self._say(max(0, last - 2), max(0, last))
        elif key == "4":
            self._step(last - 1, "beginning")
        else:
            self._step(last + 1, "end")
        return self

    def watch_ms(self, now, speaking: bool) -> int | None:
        """Keep step with the voice."""
        return 0 if speaking else None

    def follow(self, at: int) -> bool:
        """Mark the digit at that place of what is being said; True when it was another one that was marked."""
        before = self.marked
        if self._said[0].isdigit() and at >= 0:
            self.marked = min(self._first + at, self._first + len(self._said) - 1)
        return self.marked != before

    def _say(self, first: int, last: int) -> None:
        """Say the digits from the first to the last, and mark them one after another."""
        self._said = list(self.number[first : last + 1])
        self._first = self.marked = first

    def _step(self, to: int, edge: str) -> None:
        if 0 <= to < len(self.number):
            self._say(to, to)
        else:
            self._said = [edge]
            self.lines = [[edge]]


class Serial(View):
    """The serial number in groups of four digits, said twice."""

    times = 2

    def __init__(self, app, number: str):
        """Show these twelve digits."""
        groups = number[:4], number[4:8], number[8:]
        View.__init__(self, app, ["serial"], "", [[groups]])


def grouped_so_far(typed: str, number: str) -> tuple:
    """Return the digits typed so far in the groups of the number they should become."""
    half = len(grouped(number)[0])
    return (typed,) if len(typed) <= half else (typed[:half], typed[half:])
