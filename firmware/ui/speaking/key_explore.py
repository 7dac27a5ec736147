"""Key names: every key says its name and what it does with the red key, and does nothing else (EN
301 549, 5.5.2)."""

from firmware.ui.speaking.view import View

if False:
    from firmware.interfaces import App  # type: ignore[unreachable]

# By key: the phrases for its name and for what it does together with the red key.
_NAMES = {
    "red": ("red", "new_code"),
    "0": ("0", "repeat"),
    "1": ("1", "volume", "down"),
    "2": ("2", "own_pace"),
    "3": ("3", "volume", "up"),
    "4": ("4", "speed", "down"),
    "5": ("5", "status"),
    "6": ("6", "speed", "up"),
    "7": ("7", "previous_language"),
    "8": ("8", "serial"),
    "9": ("9", "next_language"),
    "*": ("star", "practice"),
    "#": ("hash", "next_account"),
}


class KeyExplore(View):
    """One key's name and function; without a key, how to begin."""

    exploring = True

    def __init__(self, app: "App", key: str | None = None):
        """Say the phrases of that key ("red", "0" to "9", "*", "#")."""
        names = ("explore", "choose_key") if key is None else _NAMES[key]
        View.__init__(self, app, list(names[:1]), "", [list(names[1:])])
