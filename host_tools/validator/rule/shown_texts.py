"""Texts that look as they are signed: each of their signs is seen, and they are read from left to
right."""

import re
import unicodedata

_CATEGORIES = frozenset("LNPS")  # letters, numbers, punctuation, symbols (Unicode, chapter 4.5)
_DIRECTIONS = frozenset(("R", "AL", "AN"))  # from right to left (UAX #9): they move what follows
_SPACE = re.compile("[ \u00a0\u202f]")
# Letters and a symbol without ink: fillers of Hangul, and the empty Braille cell.
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800")


def is_shown(text: str) -> bool:
    """Say whether a text is words of such signs with a single space between them, which may be one
    that no line is broken at, as within an amount. Marks that combine with the sign before them are
    none: a letter with an accent is one sign (NFC)."""
    return all(word and all(map(_is_seen, word)) for word in _SPACE.split(text))


def _is_seen(sign: str) -> bool:
    return (
        unicodedata.category(sign)[0] in _CATEGORIES
        and unicodedata.bidirectional(sign) not in _DIRECTIONS
        and sign not in _BLANK
    )
