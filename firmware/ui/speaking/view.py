"""Screens of a token that speaks: what they show and what is said are made of the same parts (see
firmware.speech.say).

A view has a title, a number in large digits or none, and paragraphs below; `parts()` is all of it
in that order, for the voice. A key that a view uses leads to another view. Times are milliseconds
of time.ticks_ms().
"""

from firmware.speech.say import clips, grouped, text
from firmware.ui import draw
from firmware.ui.screen import Screen

if False:
    from firmware.interfaces import App, Canvas, Lines, Ticks  # type: ignore[unreachable]

# What a key leads to, besides views.
UNUSED = Screen()  # the key has no meaning in this view
LATER = Screen()  # a deadline shows what follows

_RULE = 2  # pixels under a title
_SPACE = 2  # pixels above and below the rule
_BAR = 10  # the bar of the time left, with the space above it

# The phrase that says what is wrong -> the one that says what to do.
_REMEDIES = {
    "not_provisioned": "contact_issuer",
    "blocked": "contact_issuer",
    "damaged": "contact_issuer",
    "storage_failed": "try_again",
    "clock_lost": "contact_issuer",
    "clock_absent": "contact_issuer",
}


class View(Screen):
    """Something to show and to say."""

    kind = ""  # of screen, as keymap.py names it
    times = 1  # how often it is said
    stays = False  # whether it goes on when a function was used
    asks = False  # whether it waits for an answer
    first = False  # whether it may be left while nothing is typed: a PIN, or a dialogue's beginning
    hidden = False  # whether nobody else is to see or hear what is typed
    choosing = False  # whether the next key alone chooses a function
    exploring = False  # whether keys only say their names
    passing = False  # whether keys without a meaning in it act on the view below
    interruptible = False  # whether the token may say something by itself over it
    going_on: "Lines" = ()  # what goes on while the token is off: paragraphs
    ticks = False  # whether it sounds softly each time that watch_ms() is over

    def __init__(self, app: "App", title: list, number: str = "", lines: "Lines" = ()):
        """Show a title (parts), a number of 5 to 8 digits, and paragraphs (lists of parts)."""
        self.app = app
        self.title = title
        self.number = number
        self.lines = list(lines)
        self.marked = -1  # the digit of the number that is being said
        # Where the voice is: what does not fit on the display scrolls with it.
        self._top = 0  # the paragraph that is being said
        self._into = 0  # how many of its clips have been said
        self._fits = True

    def parts(self) -> list:
        """Return everything that is shown, as parts to say."""
        said = list(self.title)
        if self.number:
            said.append(grouped(self.number))
        for line in self.lines:
            said += line
        return said

    def told(self) -> list:
        """Return title and lines as paragraphs for another view, repeated `times` times."""
        return [paragraph for _ in range(self.times) for paragraph in [self.title] + self.lines]

    def key(self, key: str) -> Screen:
        """Return the view that a key alone leads to, UNUSED or LATER. "red" is the red key: where
        that is UNUSED it gives a code."""
        from firmware.ui.speaking.keymap import action

        method = action(self.kind, key)
        return getattr(self, method)(key) if method else UNUSED

    def repeat(self, key: str) -> Screen:
        """Say it again from the beginning."""
        return self.from_start()

    def tell(self, view: "View") -> "View":
        """Return this view with the paragraphs of another one added, to be said; only of a view
        that stays."""
        return view

    def heard(self) -> None:
        """Note that parts() was said to its end."""

    def take_back(self) -> None:
        """Take the last key back: it was held for something else."""

    def from_start(self) -> "View":
        """Return this view to be said from the beginning."""
        self._top = self._into = 0
        return self

    def watch_ms(self, now: "Ticks") -> int | None:
        """Return the milliseconds until time changes this view, None when it never does. Asked
        while the voice is silent."""
        return None

    def follow(self, at: int) -> bool:
        """Follow the voice, which is at that clip of parts(); return whether to draw anew."""
        at -= clips(self.title) + len(self.number)
        for top in range(len(self.lines)):
            count = clips(self.lines[top])
            if 0 <= at < count:
                moved = (top, at) != (self._top, self._into)
                self._top = top
                self._into = at
                return moved and not self._fits
            at -= count
        return False

    def ends_now(self) -> bool:
        """Return True, once, when time has brought something new to say."""
        return False

    def draw(self, canvas: "Canvas", now: "Ticks") -> None:
        """Draw the title with a rule under it, the number, and the paragraphs."""
        app = self.app
        font = app.text_font
        y = 0
        for row in draw.wrapped(font, self._title(), app.display.width):
            draw.text(canvas, font, row, 0, y)
            y += font.height()
        y += _SPACE
        canvas.fill_rect(0, y, app.display.width, _RULE, 1)
        y += _RULE + _SPACE
        if self.number:
            y = self._draw_number(canvas, y)
        rows = [draw.wrapped(font, text(line, app.texts), app.display.width) for line in self.lines]
        if self._top >= len(rows):  # the paragraph that was being said is gone
            self._top = self._into = 0
        room = (app.display.height - y) // font.height()
        self._fits = sum([len(paragraph) for paragraph in rows]) <= room
        shown: list = []
        for paragraph in rows if self._fits else rows[self._top :]:
            shown += paragraph
        if not self._fits and len(rows[self._top]) > room:
            shown = shown[self._into * len(rows[self._top]) // clips(self.lines[self._top]) :]
        for row in shown[:room]:
            draw.text(canvas, font, row, 0, y)
            y += font.height()

    def _title(self) -> str:
        """Return the title's text; above a number it is one line, and an account's name is
        shortened for that."""
        app = self.app
        title = list(self.title)
        words = text(title, app.texts)
        for at in range(len(title)):
            if self.number and type(title[at]) is list:
                name = title[at][0]
                while name and draw.width(app.text_font, words) > app.display.width:
                    name = name[:-1]
                    title[at] = [name.rstrip() + "..."]
                    words = text(title, app.texts)
        return words

    def _draw_number(self, canvas: "Canvas", y: int) -> int:
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
            draw.marked(canvas, font, self.number[self.marked], x, y)
        return bottom


class UpdatedView(View):
    """Said whole at first, and then only what is new in it: its last paragraphs, or the first."""

    new_first = False  # whether the first paragraphs are new

    def __init__(self, app: "App", title: list, number: str = "", lines: "Lines" = ()):
        """Show a View of which all is new."""
        View.__init__(self, app, title, number, lines)
        self._said: list = []  # what is new; all of it while empty

    def parts(self) -> list:
        """Return what is new."""
        return self._said or View.parts(self)

    def follow(self, at: int) -> bool:
        """Follow the voice, which is at that clip of what is new."""
        if self._said:
            if self.new_first:
                at += clips(self.title)
            else:
                at += clips(View.parts(self)) - clips(self._said)
        return View.follow(self, at)

    def from_start(self) -> View:
        """Return this view to be said whole."""
        self._said = []
        return View.from_start(self)


class MessageView(View):
    """What is wrong, or what was done, and what to do: a title and paragraphs."""

    def __init__(self, app: "App", *phrases: str):
        """Say these phrases; the first is the title."""
        View.__init__(self, app, list(phrases[:1]), "", [[phrase] for phrase in phrases[1:]])


def failure(app: "App", reason: str) -> MessageView:
    """Return the message about a failure, named by its phrase."""
    return MessageView(app, reason, _REMEDIES[reason])


def asked(app: "App", what: str) -> list:
    """Return the parts that ask to type something, named by its phrase, in the order of the
    language's words."""
    return [
        lambda: what if app.verb_last else "type",
        lambda: "type" if app.verb_last else what,
    ]
