"""What a file of tokens would bring into the server, as a table for people and as JSON objects;
never a secret."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from host_tools.cli import table
from host_tools.exchange.key_package import KeyPackage
from host_tools.messages.catalogue import Message

_HEAD = {
    "serial": Message("import.column-serial"),
    "kind": Message("import.column-kind"),
    "hash": Message("import.column-hash"),
    "digits": Message("import.column-digits"),
    "period": Message("import.column-period"),
    "counter": Message("import.column-counter"),
    "suite": Message("import.column-suite"),
    "name": Message("import.column-name"),
    "user": Message("import.column-user"),
}


class TokenRows:
    """An object for each token: its serial number, parameters and user; what a token does not have
    is left out. They are made anew each time one goes through them."""

    def __init__(self, tokens: Iterable[KeyPackage], users: Mapping[str, str]) -> None:
        """`users` are user-IDs by serial number."""
        self._tokens, self._users = tokens, users

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Give the objects."""
        for token in self._tokens:
            fields = _fields(token) | {"user": self._users.get(token.serial)}
            yield {name: value for name, value in fields.items() if value is not None}

    def lines(self) -> Iterator[str]:
        """Give the lines of a table with a head; columns that no token fills are left out."""
        return table.lines(_HEAD, self)


def _fields(token: KeyPackage) -> dict[str, Any]:
    ocra, it = token.suite is not None, token.credential
    return {
        "serial": token.serial,
        "kind": "ocra" if ocra else it.kind,
        "hash": it.algorithm,
        "digits": it.digits,
        "period": None if ocra else it.period,
        "counter": it.counter,
        "suite": token.suite,
        "name": it.name,
        "user": None,
        "manufacturer": token.manufacturer,
        "model": token.model,
    }
