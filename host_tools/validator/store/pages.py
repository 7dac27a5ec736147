"""Pages of lists, cut off by a key: the page after a row begins with the least key greater than
that row's, wherever in the list it is (keyset paging).

A cursor is ">" or "<" and the key of the row beside the page, which comes after or before that row.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import BigInteger, ColumnElement, Connection, Row, Select

from host_tools.validator.errors import InvalidError
from host_tools.validator.records import Page

LARGEST_PAGE = 1000
_LARGEST_KEY = 2**63 - 1

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page is: before or after a key, at the beginning when there is none."""

    key: str = ""
    before: bool = False

    @staticmethod
    def parse(text: str) -> "Cursor":
        """Read what str() has written; InvalidError for anything else."""
        if not text:
            return Cursor()
        if text[0] not in "<>" or len(text) == 1 or not text.isprintable():
            raise InvalidError("cursor-invalid")
        return Cursor(text[1:], text[0] == "<")

    def __str__(self) -> str:
        """Write the cursor."""
        return "<>"[not self.before] + self.key


class Slice:
    """The rows of one page, and whether there are more beyond them."""

    def __init__(self, cursor: Cursor, limit: int, *, newest_first: bool = False) -> None:
        """Cut `limit` rows at `cursor`, by falling keys if `newest_first`."""
        if not 1 <= limit <= LARGEST_PAGE:
            raise InvalidError("page-size", most=LARGEST_PAGE)
        self._cursor, self._limit = cursor, limit
        self._falls = newest_first != cursor.before
        self._rows: Sequence[Row[Any]] = ()
        self._key = ""
        self._more = False

    def of(self, query: Select[Any], key: ColumnElement[Any]) -> Select[Any]:
        """Cut a query by a key: its rows, and one more if there is one."""
        if self._cursor.key:
            value = self._value(key)
            query = query.where(key < value if self._falls else key > value)
        return query.order_by(key.desc() if self._falls else key).limit(self._limit + 1)

    def read(self, connection: Connection, query: Select[Any], key: ColumnElement[Any]) -> None:
        """Read the rows."""
        found = connection.execute(self.of(query, key)).all()
        self._more = len(found) > self._limit
        rows = found[: self._limit]
        self._rows = rows[::-1] if self._cursor.before else rows
        self._key = key.key or ""

    def page(self, made: Callable[[Row[Any]], T], total: int | None) -> Page[T]:
        """Make the page; `total` is None for a list that nobody has counted."""
        is_first = not self._cursor.key
        if total is None and is_first and not self._more:
            total = len(self._rows)
        behind, ahead = not is_first, self._more
        if self._cursor.before:
            behind, ahead = ahead, behind
        return Page(
            tuple(map(made, self._rows)),
            total,
            str(self._at(-1, before=False)) if ahead and self._rows else None,
            str(self._at(0, before=True)) if behind and self._rows else None,
        )

    def _at(self, index: int, *, before: bool) -> Cursor:
        return Cursor(str(getattr(self._rows[index], self._key)), before)

    def _value(self, key: ColumnElement[Any]) -> str | int:
        if not isinstance(key.type, BigInteger):
            return self._cursor.key
        if not self._cursor.key.isdecimal() or int(self._cursor.key) > _LARGEST_KEY:
            raise InvalidError("cursor-invalid")
        return int(self._cursor.key)
