"""User-IDs: 5 to 48 characters, no CPR number in them, not ten digits, no blanks at the ends.

Two user-IDs that differ only in case or in the encoding of the same letters are the same (Unicode
NFKC, case folded).
"""

import re
import unicodedata

from host_tools.messages.catalogue import Argument
from host_tools.validator.errors import InvalidError

MIN_LENGTH, MAX_LENGTH = 5, 48  # characters
# ddmmyy, at most one letter, four digits
_CPR = re.compile("(0[1-9]|[12][0-9]|3[01])(0[1-9]|1[0-2])[0-9]{2}[^0-9]?[0-9]{4}")
_CPR_DIGITS = 10


def validated(text: str) -> str:
    """Give the user-ID as it is shown (NFC); KodebrikError says which rule it breaks."""
    shown = unicodedata.normalize("NFC", text)
    if shown != shown.strip():
        raise _bad("user-id-blanks")
    if not shown.isprintable():
        raise _bad("user-id-unprintable")
    folded = normalized(shown)
    if (
        not MIN_LENGTH <= len(shown) <= MAX_LENGTH
        or not MIN_LENGTH <= len(folded) <= 2 * MAX_LENGTH
    ):
        raise _bad("user-id-length", least=MIN_LENGTH, most=MAX_LENGTH)
    if _holds_cpr_number(folded):
        raise _bad("user-id-cpr")
    return shown


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
