"""The grammar of the keys, as data: what each key does on each kind of screen. The interaction is
driven by these tables; the guides' pages of keys are generated from them, and the tests take their
cases from them.

Red acts last. While it is held it does nothing by itself. Alone it acts when it was released:

- 20 ms later (no bounce) where that can be taken back: a code that tells the time, the way back to
  a code that lasts, the first question of a PIN or challenge, the wait for a fresh code, the
  screen's own "red". A second press within second_press_ms, one second, restores the screen and the
  code as they were before, and asks for a function of that screen.
- second_press_ms later, when no second press came, where a counter moves or a code that lasts is
  left.

From off the press itself wakes the token, and what can be taken back comes at once, so that the
first sound comes within 300 ms of the touch; a counted code comes second_press_ms after the
release. A second press is then no function by itself, since a hand that trembles wakes the token
with two: the next key chooses one, and without a key the code is given. Elsewhere the function is
given up when no key came for choice_ms: a hand that trembles (below) gets what red does alone where
that can be taken back, all others the screen that was there. A hash that comes then approves or
submits nothing before that was heard to its end, and red within second_press_ms asks for a function
again: both may have been meant for the one that was given up.

What cannot be taken back (a payment's response, a PIN) is not done by red at all. It is confirmed
with the hash, which is no function's way in on those screens. When something else was said since,
such as a volume, the hash says again what it would confirm, and confirms when that was heard to its
end; a response always. Until that is said, what reads back takes the approval back (red, also as
the first of two, 0, red and 0), and so does the star; other keys do what they do, and it stands. A
hash within second_press_ms after red counts as red there: it may have been meant for the function
of a hand that trembled and pressed red three times. Hash and star that come before red has given
another counted code do nothing: the one before is not its answer, and a second press of red may
still come.

A press is a trembling one when the same key went down less than TREMOR_MS before, was let go since
(no bounce), and what it did then is not REPEATED: red that woke the token or asked for a function
and was pressed again without a key after it, a function or a method of the screen that says or does
the same again, a key without a meaning. After two of them since the token was turned on it
offers a key delay, once, and not when there is one: when neither key nor voice was used for the
time for typing (its default at least), over a screen that can be interrupted. A PIN's, a number's
and a payment's screens and responses, own pace and waits cannot. What it offers is the shortest of
its delays that is longer than the longest time from touch to touch.
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
    "7": ("language", -1, ("language", "back")),
    "8": ("serial", 0, ("serial",)),
    "9": ("language", 1, ("language", "on")),
    "*": ("practice", 0, ("practice",)),
    "#": ("next_account", 0, ("account", "on")),
}

# The red key: state -> event -> the state that follows. What neither the state nor "any" has
# changes nothing. States:
#   idle        it is up, and the next press is a first one
#   held        it is down, and acts when it is released
#   window      it was released and has yet to act
#   acted       it has acted, and a second press takes that back; or a function was given up
#   chord       its press chose a function, or ended the names of the keys, and does no more
#   waking      it is down since it switched the token on
#   woken       it was released after that
#   twice       it is down once more, and the next key alone chooses a function
#   twice_up    it was released after that
# Events:
#   press       it goes down
#   second      it goes down within second_press_ms of its release
#   resume      it goes down too soon to count, and what it does is not yet done
#   release     it goes up
#   act         it does what can be taken back
#   time        no second press came, and it does what cannot
#   lapse       no key came for the function that it asked for
#   key, chord  another key goes down, alone or while red is held
#   wake, end   the token is switched on; it goes off, or the keys only say their names
RED_KEY = {
    "any": {"chord": "chord", "key": "idle", "wake": "waking", "end": "idle"},
    "idle": {"press": "held", "resume": "held"},
    "held": {"release": "window", "key": "held"},
    "chord": {"press": "held", "key": "chord", "lapse": "acted"},
    "window": {
        "act": "acted",
        "second": "chord",
        "press": "held",
        "resume": "held",
        "time": "idle",
    },
    "acted": {"second": "chord", "press": "held"},
    "waking": {"release": "woken", "key": "held"},
    "woken": {"second": "twice", "press": "waking", "resume": "waking", "time": "idle"},
    "twice": {"release": "twice_up", "key": "chord"},
    "twice_up": {"press": "twice", "time": "idle", "key": "chord"},
}

# Functions whose answer is told within a screen that waits for something: what was typed stands.
TOLD = ("volume", "speed", "status", "language", "serial")

TREMOR_MS = 750  # from touch to touch
LET_GO_MS = 300  # a function's key that was let go and comes again within it was not let go

# Functions, and methods of screens, that are done again at once on purpose.
REPEATED = (
    "volume",
    "speed",
    "language",
    "check",
    "add",
    "clear",
    "step_back",
    "step_on",
    "last_three",
    "down",
    "up",
    "switch",
)

_STEPS = {"1": "down", "3": "up"}

# Keys alone, by kind of screen: key -> method of the screen. "digit" is any digit without an entry
# of its own, "red" the red key, "0 held" what the interaction does when 0 was held for two seconds.
# A key without an entry is looked up under "any", and then has no function; red without an entry
# gives a code. What the token says by itself passes keys without an entry on to the screen below.
SCREENS = {
    "any": {"0": "repeat", "#": "repeat", "0 held": "explore"},
    "code": {"digit": "check", "*": "clear", "#": "say_again"},
    "entry": {"digit": "add", "*": "clear", "#": "end", "red": "repeat"},
    "confirmation": {"#": "approve", "*": "correct", "red": "repeat"},
    # what must be known was not heard to its end yet
    "unheard": {"digit": "repeat", "*": "repeat", "red": "repeat"},
    "own_pace": {"4": "step_back", "5": "last_three", "6": "step_on", "#": "say_again"},
    "volume": _STEPS,
    "speed": {"4": "down", "6": "up"},
    "language": {"7": "down", "9": "up"},
    "theme": {"1": "switch"},
    # the star: a second touch of the one that accepted the offer
    "key_delay": {"1": "down", "3": "up", "*": "repeat"},
    "typing_time": _STEPS,
    "time_outs": _STEPS,
    "vibration": _STEPS,
    "tones": _STEPS,
    "voice": _STEPS,
    "status": dict.fromkeys("12346789", "choose"),
    "fresh_period": {"red": "take_now"},
    "fresh_response": {"#": "say_again", "*": "correct", "red": "repeat"},
    "offer": {"*": "accept", "#": "repeat", "red": "go_back"},
    "turning_off": {"digit": "go_back", "*": "go_back", "#": "go_back", "red": "go_back"},
    "function": {"red": "go_back"},
    "keys": {"red": "leave", "0 held": "leave"},
    "names_ended": {"red": "go_back"},
}


def _own(kind: str, key: str) -> str | None:
    """Return the method that a kind of screen itself has for a key, None for none."""
    keys = SCREENS.get(kind, {})
    found = keys.get(key)
    return keys.get("digit") if found is None and key.isdigit() else found


def action(kind: str, key: str) -> str | None:
    """Return the method that a key alone calls on that kind of screen, None for none."""
    return _own(kind, key) or SCREENS["any"].get(key)


def passes(kind: str, key: str) -> bool:
    """Return True when that kind of screen has no entry of its own for a key."""
    return _own(kind, key) is None
