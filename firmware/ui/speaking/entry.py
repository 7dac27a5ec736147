"""Typing a number: each key is said, the star deletes the last digit and leads back to the number
before where there is none, the hash ends it. Functions leave what was typed as it is. And what is
said of a number that is typed to check it."""

from firmware.ui.speaking.view import LATER, UpdatedView, View

if False:
    from collections.abc import Callable  # type: ignore[unreachable]

    from firmware.interfaces import App, Canvas, Digits, Lines, Screen, Ticks

# A deadline, due at once: what follows may write the flash and needs the whole stack for that.
ENTERED = "entered"
_END = ["hash", "end"]
_DOT = 9  # radius of a dot that stands for a digit, pixels


class Question(UpdatedView):
    """What waits for the hash. When something else was said since, such as a volume or that the
    token turns off, the hash asks again, and answers when that was heard to its end: it may have
    been meant to say the other thing again, by a hand that trembles twice."""

    stays = asks = True

    def __init__(self, app: "App", title: list, lines: "Lines"):
        """Ask by a title and paragraphs."""
        UpdatedView.__init__(self, app, title, "", lines)
        self._answers = False  # whether the hash answers

    def from_start(self) -> View:
        """Return this view to be said whole."""
        if self.app.screen is not self:  # something else is being said over it
            self._answers = False
        return UpdatedView.from_start(self)

    def tell(self, view: View) -> View:
        """Return this view with what a function says."""
        self._tell(*view.told())
        self._answers = False
        return self

    def heard(self) -> None:
        """Note that it was asked to the end."""
        if not self._said:
            self._answers = True

    def _told(self, paragraphs: list) -> list:
        """Return what is shown with these paragraphs."""
        raise NotImplementedError

    def _tell(self, *paragraphs: list) -> None:
        """Say these paragraphs, as the answer to a key of its own."""
        self._answers = True
        self._said = [part for paragraph in paragraphs for part in paragraph]
        self.lines = self._told(list(paragraphs))
        View.from_start(self)


class NumberEntry(Question):
    """A number as it is typed."""

    kind = "entry"
    hint: "Lines" = ()  # said while nothing is typed
    _else_said = False  # since the last digit
    _before_it: View | None = None  # the entry that the star leads back to

    def __init__(
        self,
        app: "App",
        title: list,
        least: int,
        most: int,
        then: "Callable[[str], View]",
        lines: "Lines" = (),
    ):
        """Take `least` to `most` digits; then(typed) gives the view that follows. `lines` are said
        before the key that ends it."""
        self._prompt = list(lines)
        Question.__init__(self, app, title, self._prompt + [_END])
        self.typed = ""
        self._before = ""  # what was typed before the last key
        self._least = least
        self._most = most
        self._then = then

    def after(self, entry: View, name: str) -> View:
        """Return this entry, which comes after another one, named by its phrase."""
        self._before_it = entry
        self.hint = [["star", name]]
        return self.from_start()

    def from_start(self) -> View:
        """Return this view with its prompt and with what has been typed."""
        if self.typed and self.app.screen is not self:
            self._else_said = True
        self.lines = self._prompt + (self._typed_so_far() or list(self.hint)) + [_END]
        return Question.from_start(self)

    def tell(self, view: View) -> View:
        """Return this view with what a function says, and with how many digits stand."""
        self._tell(*(view.told() + stand(self.typed)))
        self._answers = False
        self._else_said = True
        return self

    def add(self, key: str) -> "Screen":
        """Add a digit. When something else was said since the last one, such as a volume, say how
        many there are: the key may have been meant for one step more of that. Not when all was
        said again since."""
        self._before = self.typed
        if len(self.typed) == self._most:
            self._tell(["end", "hash"])
        else:
            self.typed += key
            counts = self._else_said and not self._answers
            self._else_said = False
            self._answers = True
            self._added(key, stand(self.typed) if counts else [])
        return self

    def clear(self, key: str) -> "Screen":
        """Delete the last digit; where there is none, return the entry before, in which what was
        typed stands, or ask again."""
        if not self.typed:
            return (self._before_it or self).from_start()
        deleted = self.typed[-1]
        self.typed = self.typed[:-1]
        self._deleted(deleted, stand(self.typed))
        return self

    def take_back(self) -> None:
        """Take the last digit back."""
        self.typed = self._before

    def end(self, key: str) -> "Screen":
        """End, or ask again when there are too few digits or something else was said since."""
        if len(self.typed) < self._least:
            self.from_start()
            if self.typed:
                self.lines = [["too_short"]] + self.lines
            return self
        if not self._answers:
            return self.from_start()
        self.app.after(ENTERED, 0, self._end)
        return LATER

    def _added(self, key: str, more: list) -> None:
        self._tell(*more)
        self._said.insert(0, key)

    def _deleted(self, key: str, more: list) -> None:
        self._tell([key, "cleared"], *more)

    def _told(self, paragraphs: list) -> list:
        return self._typed_so_far() + paragraphs

    def _typed_so_far(self) -> list:
        return [[groups_of_four(self.typed)]] if self.typed else []

    def _end(self) -> None:
        self.app.show(self._then(self.typed))


class HiddenEntry(NumberEntry):
    """A number that nobody else is to see or hear (EN 301 549, 5.1.3.8): dots, and a neutral word
    from the speaker."""

    first = hidden = True

    def draw(self, canvas: "Canvas", now: "Ticks") -> None:
        """Draw a dot for each digit at the bottom."""
        View.draw(self, canvas, now)
        y = self.app.display.height - 2 * _DOT
        for place in range(len(self.typed)):
            canvas.ellipse(3 * _DOT * (2 * place + 1) // 2 + _DOT, y, _DOT, _DOT, 1, True)

    def _added(self, key: str, more: list) -> None:
        self._hide(key, [["digit"]] + more)

    def _deleted(self, key: str, more: list) -> None:
        self._hide(key, [["digit", "cleared"]] + more)

    def _hide(self, key: str, shown: list) -> None:
        """Tell the paragraphs; the first part is the digit, which only a headset hears."""
        jack = self.app.hardware.jack

        def name() -> str:
            # Called when the clip is about to sound: by then the loudspeaker is on or not.
            return key if jack is not None and jack.plugged else "digit"

        self._tell(*shown)
        self._said[0] = name

    def _told(self, paragraphs: list) -> list:
        return paragraphs

    def _typed_so_far(self) -> list:
        return stand(self.typed)


def groups_of_four(digits: str) -> tuple:
    """Return a long number in groups of four from its beginning."""
    return tuple([digits[start : start + 4] for start in range(0, len(digits), 4)])


def stand(typed: str) -> list:
    """Return the paragraph that says how many digits stand, none where none does."""
    return [what_stands(typed)] if typed else []


def what_stands(typed: str) -> list:
    """Return the parts that say how many digits stand, or that none does any more."""
    return [str(len(typed)), "digit", "saved"] if typed else ["cleared"]


def told_in_check(code: "Digits", told: list) -> View:
    """Return a code that is checked with these paragraphs, and with how many of its digits
    stand."""
    from firmware.ui.speaking.code import grouped_as

    count = stand(code.typed)
    told = told + count
    code._said = [part for paragraph in told for part in paragraph]
    code.lines = [[grouped_as(code.typed, code.number)]] * len(count) + told
    return View.from_start(code)


def verdict(number: str, typed: str, over: bool) -> tuple:
    """Return whether what was typed is right, of a code that has expired or not: title, paragraphs,
    and the first digit that is wrong, -1 for none."""
    wrong = [str(i + 1) for i in range(len(number)) if number[i] != typed[i]]
    if wrong:
        lines = [["is_wrong"], ["expired", "press_red"]] if over else [["is_wrong", "try_again"]]
        return ["digit"] + wrong, lines, int(wrong[0]) - 1
    if over:
        return ["right_but", "expired"], [["press_red"]], -1
    return ["right"], [], -1
