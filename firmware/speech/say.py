"""From what is to be said to clips and pauses, and to the same as text for the display.

What is to be said is a list of *parts*: a key of the phrases, a function that returns one when its
clip starts (for values that change meanwhile), a tuple of groups of digits such as ("123", "456"),
or a list for the name of an account, as firmware.ui.speaking.names makes it: the text to show, the
digit to feel, and the clips to hear, each a digit or (path of another voice pack, clip in it).
Digits are read one by one, never as tens; the pause between groups is 400 to 800 ms. Times are
milliseconds.
"""

if False:
    from firmware.interfaces import Any, Parts  # type: ignore[unreachable]

SPEEDS = (1, 2, 3, 4, 5)  # slow to fast; 3 reads about 100 digits a minute

# Silence after a digit, between groups and after a phrase, by speed. The length of the clips
# depends on the speed too; together that is about 60, 80, 100, 140 and 200 digits a minute.
_DIGIT = (0, 540, 380, 220, 110, 70)
_GROUP = (0, 750, 720, 680, 580, 480)
_PHRASE = (0, 350, 280, 220, 160, 110)
_AGAIN = 1000  # before something is said a second time

# From one digit to the next, by speed, of the slowest digits; the words before a code last about as
# long as three digits. A test compares it with the voice packs.
_FROM_DIGIT = (0, 860, 705, 605, 445, 355)
_WORDS_BEFORE = 3


def grouped(code: str) -> tuple:
    """Return a code in two groups, as on the display: 3+3, 3+4, 4+4; a training code 2+3."""
    half = len(code) // 2
    return code[:half], code[half:]


def script(parts: "Parts", speed: int, felt: bool = False) -> list:
    """Return [(clip, pause after it), ...] for the parts, as they are heard or felt: of a name is
    felt a digit, and "" is nothing."""
    said = []
    for part in parts:
        if type(part) is list:
            heard = part[1:2] + [""] * (len(part) - 3) if felt else part[2:]
            said += [(clip, _PHRASE[speed]) for clip in heard]
            said[-1] = (said[-1][0], _GROUP[speed])
        elif type(part) is not tuple:
            said.append((part, _PHRASE[speed]))
        else:
            for group in part:
                for digit in group:
                    said.append((digit, _DIGIT[speed]))
                said[-1] = (said[-1][0], _GROUP[speed])
    return said


def ends_group(pause: int, speed: int) -> bool:
    """Return True when script() gives that pause after a group of digits."""
    return pause >= _GROUP[speed]


def clips(parts: "Parts") -> int:
    """Return the number of clips that script() makes of the parts."""
    return sum([_clips(part) for part in parts])


def _clips(part: "Any") -> int:
    if type(part) is list:
        return len(part) - 2
    return sum([len(group) for group in part]) if type(part) is tuple else 1


def code_ms(digits: int, speed: int) -> int:
    """Return how long it takes at most to say a code of that many digits and the words before
    it."""
    return (digits + _WORDS_BEFORE) * _FROM_DIGIT[speed] + _GROUP[speed]


def twice(said: list) -> list:
    """Return a script that says `said`, and after a second says it again."""
    return said[:-1] + [(said[-1][0], _AGAIN)] + said


def text(parts: "Parts", phrases: dict) -> str:
    """Return the parts as text for the display; digits stay digits. Within a sentence a phrase
    begins with a small letter, unless it is an abbreviation. The name of an account is a sentence
    by itself, unless it is gone on with."""
    words: list = []
    named = False
    for part in parts:
        key = part() if callable(part) else part
        if type(key) is list:
            words.append(key[0])
        elif type(key) is tuple:
            words.append(" ".join(key))
        elif key.isdigit():
            words.append(key)
        else:
            phrase = phrases[key]
            if named and phrase[:1].isupper():
                words[-1] += "."
            if words and words[-1][-1] not in ".?" and phrase[1:2].islower():
                phrase = phrase[0].lower() + phrase[1:]
            words.append(phrase)
        named = type(key) is list
    return " ".join(words).replace(" " + phrases["point"] + " ", ".")


def time_left(seconds: int) -> tuple:
    """Return the keys of a number and its unit for a time in seconds, rounded up to one that has
    clips: "sekunder" are two at least."""
    number, unit = (max(2, seconds), "seconds") if seconds <= 60 else (-(-seconds // 60), "minutes")
    return str(number if number < 10 else (number + 9) // 10 * 10), unit
