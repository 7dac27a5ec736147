"""JSON of an untrusted export, read strictly: no name twice, no number that is not one, and no
field that nobody asked for.

A field that is null counts as absent, for that is how the apps write what an entry does not have.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from host_tools.errors import KodebrikError
from host_tools.exchange import secret_fields, text_encoding
from host_tools.exchange.authenticators.entry import place, printable
from host_tools.exchange.key_package import bad
from host_tools.exchange.token_file import Remarks
from host_tools.messages.catalogue import Message
from host_tools.secret import Secret

_DECIMAL = re.compile(r"[0-9]{1,19}")
_MOST = 2**63 - 1


def parse(content: bytes) -> Any:
    """Give the value of a JSON text; KodebrikError when it is damaged or says something twice."""
    text = text_encoding.decode(content)
    try:
        return json.loads(text, object_pairs_hook=_distinct, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise bad("export-damaged", line=error.lineno) from None
    except (ValueError, RecursionError):  # a number of too many digits; too deep
        raise bad("export-damaged", line=1) from None


def parse_list(content: bytes) -> list[Any]:
    """Give the list that a JSON text is; KodebrikError when it is none."""
    items = parse(content)
    if not isinstance(items, list):
        raise bad("export-field-invalid", where=Message("place-file"), field="[]")
    return items


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise bad("export-field-twice", where=Message("place-file"), field=printable(twice))
    return found


def _no_constant(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity, which are no JSON


class Fields:
    """The fields of one JSON object; each is taken once, and finish() refuses those left.

    A name within a name ("info.secret") is how messages call the fields of an object in the object.
    """

    def __init__(
        self, where: Message, values: Any, remarks: Remarks, within: tuple[str, ...] = ()
    ) -> None:
        """Begin with the object `values`; KodebrikError when it is no object."""
        self.where = where
        self._within = within
        if not isinstance(values, dict):
            raise self._invalid("")
        self._left = {name: value for name, value in values.items() if value is not None}
        self._remarks = remarks

    def __contains__(self, name: str) -> bool:
        """Say whether the field was given and is still to be taken."""
        return name in self._left

    def text(self, name: str, default: str | None = None) -> str:
        """Take a text; KodebrikError when it is another type, or absent without a default."""
        return str(self._take(name, str, default))

    def number(self, name: str, default: int | None = None) -> int:
        """Take a whole number from 0 to 2^63 - 1."""
        value = self._take(name, int, default)
        if not 0 <= value <= _MOST:
            raise self._invalid(name)
        return int(value)

    def decimal(self, name: str) -> int:
        """Take a whole number that is written as a text of decimal digits."""
        text = self.text(name)
        if not _DECIMAL.fullmatch(text):
            raise self._invalid(name)
        return int(text)

    def secret(self, name: str) -> Secret:
        """Take a secret in base32."""
        return secret_fields.base32(self.where, self.text(name), self._remarks)

    def flag(self, name: str, *, default: bool | None = None) -> bool:
        """Take true or false."""
        return bool(self._take(name, bool, default))

    def items(self, name: str) -> list[Any]:
        """Take a list."""
        return list(self._take(name, list, None))

    def fields(self, name: str) -> "Fields":
        """Take an object."""
        value = self._take(name, dict, None)
        return Fields(self.where, value, self._remarks, (*self._within, name))

    def peek(self, name: str) -> Any:
        """Give the value of a field, or None, without taking it."""
        return self._left.get(name)

    def raw(self, name: str) -> Any:
        """Take a field of any type, or None when it is absent."""
        return self._left.pop(name, None)

    def pass_over(self, *names: str) -> None:
        """Note the fields that were given and say nothing about codes."""
        for name in names:
            if self._left.pop(name, None) is not None:
                self._remarks.pass_over(self._path(name))

    def note(self, name: str) -> None:
        """Note a field that was taken and is not kept, because another says the same."""
        self._remarks.pass_over(self._path(name))

    def finish(self) -> None:
        """Raise KodebrikError that names a field which was not taken."""
        for name in self._left:
            raise bad("export-field-unknown", where=self.where, field=self._path(printable(name)))

    def contradiction(self, first: str, second: str) -> KodebrikError:
        """Make the error for two fields that do not agree."""
        return bad(
            "export-contradiction",
            where=self.where,
            first=self._path(first),
            second=self._path(second),
        )

    def _take(self, name: str, kind: type, default: Any) -> Any:
        value = self._left.pop(name, default)
        if value is None:
            raise bad("export-field-missing", where=self.where, field=self._path(name))
        if type(value) is not kind:  # not isinstance: True is no number
            raise self._invalid(name)
        return value

    def _invalid(self, name: str) -> KodebrikError:
        return bad("export-field-invalid", where=self.where, field=self._path(name))

    def _path(self, name: str) -> str:
        return ".".join(part for part in (*self._within, name) if part) or "{}"


def top(content: bytes, remarks: Remarks) -> Fields:
    """Give the fields of a JSON text that is one object."""
    return Fields(Message("place-file"), parse(content), remarks)


def numbered(items: list[Any], remarks: Remarks, *names: str) -> Iterator[Fields]:
    """Give the fields of each entry of a list; the first of the fields `names` that is a text
    names the entry in messages."""
    for number, item in enumerate(items, 1):
        name = ""
        if isinstance(item, dict):
            texts = (item.get(field) for field in names)
            name = next((text for text in texts if isinstance(text, str) and text), "")
        yield Fields(place(number, name), item, remarks)
