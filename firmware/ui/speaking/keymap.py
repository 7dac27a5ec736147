"""The grammar of the keys, as data: what each key does on each kind of screen. The interaction is
driven by these tables; the guides' pages of keys and the tests are generated from them.

Red acts last: while it is held it does nothing by itself, and alone it acts when it was released
and no second press came. What cannot be taken back (a payment's response, a PIN) is confirmed with
the hash, which no function uses on those screens.
"""

# Red and another key, together or one after another:
# key -> (function of functions.py, its argument, phrases that name it).
FUNCTIONS = {
    "0": ("repeat", 0, ("repeat",)),
    "1": ("volume", -1, ("volume", "down")),
    "2": ("own_pace", 0, ("own_pace",)),
    "3": ("volume", 1, ("volume", "up")),
    "4": ("speed", -1, ("speed", "down")),
    "5": ("status", 0, ("status",)),
    "6": ("speed", 1, ("speed", "up")),
    "7": ("language", -1, ("previous_language",)),
    "8": ("serial", 0, ("serial",)),
    "9": ("language", 1, ("next_language",)),
    "*": ("practice", 0, ("practice",)),
    "#": ("next_account", 0, ("next_account",)),
}

# Functions whose answer is told within a screen that waits for something: what was typed stands.
TOLD = ("volume", "speed", "status", "language", "serial")

# Keys alone, by kind of screen: key -> method of the screen. "digit" is any digit without an entry
# of its own, "red" the red key, "0 held" what the interaction does when 0 was held for two seconds.
# A key without an entry is looked up under "any", and then has no function; red without an entry
# gives a code.
SCREENS = {
    "any": {"0": "repeat", "#": "repeat", "0 held": "explore"},
    "code": {"digit": "check", "*": "clear", "#": "say_again"},
    "entry": {"digit": "add", "*": "clear", "#": "end", "red": "repeat"},
    "confirmation": {"#": "approve", "*": "begin_again", "red": "repeat"},
    "own pace": {"4": "step_back", "5": "last_three", "6": "step_on"},
    "volume": {"1": "down", "3": "up"},
    "speed": {"4": "down", "6": "up"},
    "language": {"7": "down", "9": "up"},
    "theme": {"1": "switch"},
    "status": {"1": "choose", "2": "choose"},
    "function": {"red": "go_back"},
    "keys": {"red": "leave", "0 held": "leave"},
}


def action(kind: str, key: str) -> str | None:
    """Return the method that a key alone calls on that kind of screen, None for none."""
    keys = SCREENS.get(kind, {})
    found = keys.get(key)
    if found is None and key.isdigit():
        found = keys.get("digit")
    return found or SCREENS["any"].get(key)
