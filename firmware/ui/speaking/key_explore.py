"""Key names: every key says its name and what it does with the red one, and does nothing else (EN
301 549, 5.5.2)."""

from firmware.ui.speaking.view import View

# The names of the keys and of what they do together with the red one.
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


class Explore(View):
    """One key's name and function; without a key, how to begin."""

    exploring = True

    def __init__(self, app, key: str | None = None):
        """Say them."""
        names = ("explore", "choose_key") if key is None else _NAMES[key]
        View.__init__(self, app, list(names[:1]), "", [list(names[1:])])
