"""User-IDs: 5 to 48 characters unless a UserIdRule says otherwise, no CPR number in them, not ten
digits, no blanks at the ends.

Two user-IDs that differ only in case or in the encoding of the same letters are the same (Unicode
NFKC, case folded).
"""

import re
import unicodedata
from dataclasses import dataclass

from host_tools.messages.catalogue import Argument
from host_tools.validator.errors import InvalidError

SHOWN = 48  # characters of a wrong user-ID that a message repeats
# ddmmyy, at most one letter, four digits
_CPR = re.compile("(0[1-9]|[12][0-9]|3[01])(0[1-9]|1[0-2])[0-9]{2}[^0-9]?[0-9]{4}")
_CPR_DIGITS = 10


@dataclass(frozen=True, slots=True)
class UserIdRule:
    """How long user-IDs are, in characters, and of which they consist (None: of all that can be
    printed); upper case goes with lower case. A CPR number is refused whatever the rule."""

    least: int = 5
    most: int = 48
    alphabet: frozenset[str] | None = None

    def validated(self, text: str) -> str:
        """Give the user-ID as it is shown (NFC); KodebrikError says which rule it breaks."""
        shown = unicodedata.normalize("NFC", text)
        if shown != shown.strip():
            raise _bad("user-id-blanks")
        if not shown.isprintable():
            raise _bad("user-id-unprintable")
        folded = normalized(shown)
        if (
            not self.least <= len(shown) <= self.most
            or not self.least <= len(folded) <= 2 * self.most
        ):
            raise _bad("user-id-length", least=self.least, most=self.most)
        if self.alphabet is not None and not self.alphabet.issuperset(shown.lower()):
            raise _bad("user-id-alphabet")
        if _holds_cpr_number(folded):
            raise _bad("user-id-cpr")
        return shown


def alphabet(text: str) -> frozenset[str]:
    """Give the characters that a text like a-z0-9._- names, in lower case; a hyphen between two
    characters makes a range. ValueError for an empty text or a range that ends before it begins."""
    found: set[str] = set()
    for first, last in re.findall("(.)(?:-(.))?", text, re.DOTALL):
        end = last or first
        if end < first:
            raise ValueError(text)
        found |= {chr(number).lower() for number in range(ord(first), ord(end) + 1)}
    if not found:
        raise ValueError(text)
    return frozenset(found)


def normalized(text: str) -> str:
    """Give the form in which user-IDs are compared and found; every text has one."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _holds_cpr_number(folded: str) -> bool:
    """Say whether a text is ten digits or holds a CPR number, however it is grouped: signs between
    letters and digits do not count."""
    bare = "".join(
        str(unicodedata.digit(character, character)) for character in folded if character.isalnum()
    )
    return (len(bare) == _CPR_DIGITS and bare.isdecimal()) or _CPR.search(bare) is not None


def _bad(identifier: str, **arguments: Argument) -> InvalidError:
    return InvalidError(identifier, **arguments)
