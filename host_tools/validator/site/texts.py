"""The texts of the web site: those of the catalogue that begin with `page.`."""

from host_tools.messages import catalogue
from host_tools.messages.catalogue import Argument, Message


def text(language: str, key: str, **values: Argument) -> str:
    """Give one text in one of catalogue.LANGUAGES."""
    return catalogue.text(language, "page." + key, **values)


def counted(language: str, key: str, count: int, **values: Argument) -> str:
    """Give the text `key` for a number of things, in the plural form that the number has."""
    return catalogue.text(language, "page." + key, count=count, **values)


def word(key: str) -> Message:
    """Give a text as a message, to stand within another."""
    return Message("page." + key)


def has(key: str) -> bool:
    """Say whether the site has a text."""
    return catalogue.has("page." + key)
