"""Key names: every key says its name and what it does with the red key, and does nothing else (EN
301 549, 5.5.2). Red, and 0 held again, end it."""

from firmware.ui.speaking.keymap import FUNCTIONS
from firmware.ui.speaking.view import MessageView, View

if False:
    from firmware.interfaces import App  # type: ignore[unreachable]

_NAMES = {"red": "red", "*": "star", "#": "hash"}  # digits are their own names


class KeyExplore(View):
    """One key's name and function; without a key, how to begin."""

    kind = "keys"
    exploring = True

    def __init__(self, app: "App", below: View, key: str | None = None):
        """Say the phrases of that key ("0" to "9", "*", "#"); the view below is gone back to."""
        name = "explore" if key is None else _NAMES.get(key, key)
        does = ("choose_key",) if key is None else FUNCTIONS[key][2]
        View.__init__(self, app, [name], "", [list(does)])
        self.below = below


def end_exploring(app: "App", with_red: bool) -> View:
    """Return the view that ends the exploration; the red key says its name before."""
    said = ("red", "new_code", "explore", "end") if with_red else ("explore", "end")
    below: View = app.screen.below
    message = MessageView(app, *said)
    return below.tell(message) if below.stays else message
