"""User-IDs: 5 to 48 characters, never a CPR number or ten digits, no blanks at the ends.

Two user-IDs that differ only in case or in the encoding of the same letters are the same (Unicode
NFKC, case folded).
"""

import re
import unicodedata

from host_tools.messages.catalogue import Argument
from host_tools.validator.errors import InvalidError

MIN_LENGTH, MAX_LENGTH = 5, 48  # characters
# ddmmyy, at most one separator, four digits
_CPR = re.compile(r"(0[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])\d\d\D?\d{4}")
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
    bare = re.sub(r"[\s\-./]", "", folded)  # a CPR number stays one, however it is grouped
    if (len(bare) == _CPR_DIGITS and bare.isdigit()) or _CPR.fullmatch(folded):
        raise _bad("user-id-cpr")
    return shown


def normalized(text: str) -> str:
    """Give the form in which user-IDs are compared and found; every text has one."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _bad(identifier: str, **arguments: Argument) -> InvalidError:
    return InvalidError(identifier, **arguments)
