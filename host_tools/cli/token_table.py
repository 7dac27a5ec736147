"""What a file of tokens would bring into the server, as a table for people and as JSON objects;
never a secret."""

from collections.abc import Collection, Iterator, Mapping
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


def as_json(tokens: Collection[KeyPackage], users: Mapping[str, str]) -> list[dict[str, Any]]:
    """Give an object for each token: its serial number, parameters and user; what a token does not
    have is left out."""
    objects = []
    for token in tokens:
        ocra, it = token.suite is not None, token.credential
        fields = {
            "serial": token.serial,
            "kind": "ocra" if ocra else it.kind,
            "hash": it.algorithm,
            "digits": it.digits,
            "period": None if ocra else it.period,
            "counter": it.counter,
            "suite": token.suite,
            "name": it.name,
            "user": users.get(token.serial),
            "manufacturer": token.manufacturer,
            "model": token.model,
        }
        objects.append({name: value for name, value in fields.items() if value is not None})
    return objects


def lines(tokens: Collection[KeyPackage], users: Mapping[str, str]) -> Iterator[str]:
    """Give the lines of a table with a head; columns that no token fills are left out."""
    return table.lines(_HEAD, as_json(tokens, users))
