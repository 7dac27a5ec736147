"""Key names: every key says its name and what it does with the red key, and does nothing else (EN
301 549, 5.5.2). Red, and 0 held again, end it."""

from firmware.ui.speaking.keymap import FUNCTIONS
from firmware.ui.speaking.unasked import News
from firmware.ui.speaking.view import MessageView, View

if False:
    from firmware.interfaces import App, Screen  # type: ignore[unreachable]

# Deadlines
_EXPLORE = "explore"  # to end the exploration when no key comes
_HOLD = "hold"  # interaction.py's, to begin or end it

_NAMES = {"red": "red", "*": "star", "#": "hash"}  # digits are their own names


class KeyExplore(View):
    """One key's name and function; without a key, how to begin."""

    kind = "keys"
    exploring = True

    def __init__(self, app: "App", below: View, key: str | None = None, with_red: bool = False):
        """Say the phrases of that key ("0" to "9", "*", "#"), and that red was down with it; the
        view below is gone back to."""
        name = ["explore" if key is None else _NAMES.get(key, key)]
        does = ("choose_key",) if key is None else FUNCTIONS[key][2]
        View.__init__(self, app, ["red"] + name if with_red else name, "", [list(does)])
        self.below = below
        self._named = self.title + self.lines[0]
        if below.hidden and name == [key] and not with_red:  # a digit
            self.title = ["digit"]
            self.lines = []

    def parts(self) -> list:
        """Return the name; of a digit that may be one of a PIN, only into a headset."""
        jack = self.app.hardware.jack
        if self.lines or (jack is not None and jack.plugged):
            return self._named
        return self.title

    def leave(self, key: str) -> "Screen":
        """Return the view below with the end of the names; the red key says its own before."""
        said = ("red", "new_code", "explore", "end") if key == "red" else ("explore", "end")
        paragraphs = MessageView(self.app, *said)
        if self.below.asks:
            paragraphs.lines.append(self.below.title)
            return self.below.tell(paragraphs)
        return NamesEnded(self.app, self.below, *paragraphs.told())


class NamesEnded(News):
    """The end of the names, over the view that was there before them. Red, which may be the second
    touch of a hand that trembles, gives no code."""

    kind = "names_ended"

    def go_back(self, key: str) -> "Screen":
        """Return the view below, with what was typed; it says again what it said last."""
        return self.below.key("#")


def explore(app: "App", key: str | None = None, with_red: bool = False) -> None:
    """Say the name of a key, struck while red is down or not; without a key, begin the exploration.
    It ends by itself."""
    below = app.screen.below if app.screen.exploring else app.screen
    app.show(KeyExplore(app, below, key, with_red))
    keep_on(app)


def keep_on(app: "App") -> None:
    """Count the time to the end of the exploration from now on."""
    app.after(_EXPLORE, app.product["explore_ms"] * app.time_outs, lambda: end(app))


def end(app: "App") -> None:
    """End the exploration, unless red has."""
    if app.screen.exploring:
        app.cancel(_HOLD)
        app.show(app.screen.leave("0"))
