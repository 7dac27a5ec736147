"""Look up messages by identifier and fill in their arguments, in English or Danish.

A message is an identifier with named arguments; its text stands in `locale/LANGUAGE/LC_MESSAGES`
(GNU gettext; English is a catalogue as any other). `{name}` in a text is replaced by the argument
of that name, with Python's conversions and format specifications; numbers get the language's
decimal and grouping signs, and messages among the arguments are put into the same language. An
argument `count` chooses the plural form.
"""

import gettext
import string
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path, PurePath
from typing import Any, Literal, TypeAlias

DOMAIN = "kodebrik"
LOCALE = Path(__file__).with_name("locale")
ENGLISH = "en"
Language: TypeAlias = Literal["da", "en"]
LANGUAGES = {"da": "Dansk", ENGLISH: "English"}  # a catalogue each, the default first
COUNT = "count"  # the argument that chooses the plural form
HINT = ".hint"  # an error's identifier with this ending is the text that says what to do

# In the order of POSIX, XBD section 8.2: the first that is set and not empty decides.
_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")

Argument: TypeAlias = str | int | float | PurePath  # a Message is a str


class Message(str):
    """A text of the catalogue: English as a string, and any language by `text()`.

    Whoever takes a string can take it; whoever speaks to people asks for their language.
    """

    __slots__ = ("arguments", "identifier")

    identifier: str
    arguments: dict[str, Argument]

    def __new__(cls, identifier: str, /, **arguments: Argument) -> "Message":
        """No argument may hold a secret: messages are printed and logged."""
        message = super().__new__(cls, text(ENGLISH, identifier, **arguments))
        message.identifier = identifier
        message.arguments = arguments
        return message

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Argument]]:
        """Give what makes the message again, in another process or as a copy."""
        return (self.identifier,), self.arguments

    def text(self, language: str) -> str:
        """Give the text in one of LANGUAGES."""
        return text(language, self.identifier, **self.arguments)


def text(language: str, identifier: str, /, **arguments: Argument) -> str:
    """Give a message in one of LANGUAGES; an unknown identifier gives itself."""
    found = _found(language, identifier, arguments.get(COUNT))
    if found == identifier or "{" not in found:
        return found
    return _Filler(language).vformat(found, (), arguments)


def template(language: str, identifier: str) -> str:
    """Give a message as it stands in the catalogue, its arguments not filled in; an unknown
    identifier gives itself."""
    return _found(language, identifier, None)


def listed(identifier: str, items: Sequence[str]) -> str:
    """Join texts by a message of `first` and `rest`, so that the messages among them can still be
    put into any language."""
    if len(items) <= 1:
        return items[0] if items else ""
    # In halves: messages nested one in the other would reach the recursion limit.
    middle = len(items) // 2
    first, rest = listed(identifier, items[:middle]), listed(identifier, items[middle:])
    return Message(identifier, first=first, rest=rest)


def prefixed(prefix: str, message: str) -> str:
    """Put a text that no language changes before a message."""
    return Message("prefixed", prefix=prefix, message=message)


def named(prefix: str, name: str) -> str:
    """Give the message of a family, such as `token-part.`, for a name; the name itself when the
    family does not have it."""
    identifier = prefix + name
    return Message(identifier) if has(identifier) else name


def has(identifier: str) -> bool:
    """Say whether the catalogue has a message."""
    return text(ENGLISH, identifier) != identifier


def choose(environment: Mapping[str, str]) -> str:
    """Give the language that the environment asks for by locale names such as `da_DK.UTF-8`; one
    without a catalogue gives English."""
    named = next(filter(None, map(environment.get, _VARIABLES)), "")
    language = named.partition("_")[0].partition(".")[0].lower()
    return language if language in LANGUAGES else ENGLISH


@cache
def translations(language: str) -> gettext.GNUTranslations:
    """Load one language's compiled catalogue."""
    with (LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.mo").open("rb") as file:
        return gettext.GNUTranslations(file)


def _found(language: str, identifier: str, count: Argument | None) -> str:
    catalogue = translations(language)
    if isinstance(count, int):
        plural = catalogue.ngettext(identifier, "", count)
        if plural not in ("", identifier):
            return plural
    return catalogue.gettext(identifier)


@cache
def _signs(language: str) -> dict[int, str]:
    """Map the signs of Python's numbers to the language's."""
    catalogue = translations(language)
    return str.maketrans(
        {".": catalogue.gettext("number.decimal"), ",": catalogue.gettext("number.group")}
    )


class _Filler(string.Formatter):
    """Fills arguments into a text of one language."""

    def __init__(self, language: str) -> None:
        self._language = language

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, Message):
            return value.text(self._language)
        written = format(value, format_spec)
        is_number = isinstance(value, (int, float))
        return written.translate(_signs(self._language)) if is_number else written
