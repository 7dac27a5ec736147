"""Statements for many rows at once, in the SQL that each database executes fastest.

SQLite repeats a statement for each row, without a compiler in between. PostgreSQL gets one
statement, to which every column is an array (`unnest`), in binary: a third of the work of one
statement for each row on either side. The SQL is made of the schema. What is read of many rows it
finds by an array as well: half the work of a list of as many parameters as there are values.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    Column,
    Connection,
    CursorResult,
    Double,
    Select,
    Table,
    any_,
    bindparam,
)
from sqlalchemy.dialects import postgresql

_AT_ONCE = 500  # rows that PostgreSQL gets in one statement

Rows = Sequence[Sequence[Any]]

_POSTGRESQL = postgresql.dialect()  # type: ignore[no-untyped-call]


class BulkStatement:
    """An UPDATE or INSERT of many rows of a table."""

    def __init__(self, columns: Iterable[Column[Any]], sqlite: str, postgresql: str) -> None:
        """`columns` are those that each row has a value for, in order; `sqlite` takes the values of
        one row, `postgresql` the table `given` of all."""
        self._columns = tuple(columns)
        self._sqlite = sqlite
        arrays = ", ".join(f"%b::{_type(column)}[]" for column in self._columns)
        names = ", ".join(f"v{number}" for number in range(len(self._columns)))
        self._postgresql = postgresql.format(given=f"unnest({arrays}) AS given ({names})")
        self._doubles = [isinstance(column.type, Double) for column in self._columns]

    def execute(self, connection: Connection, rows: Rows) -> int:
        """Execute it, for no row not at all; give the number of rows that were written."""
        if not rows:
            return 0
        if connection.dialect.name == "sqlite":
            return connection.exec_driver_sql(self._sqlite, [tuple(row) for row in rows]).rowcount
        parts = (rows[start : start + _AT_ONCE] for start in range(0, len(rows), _AT_ONCE))
        return sum(self._execute_arrays(connection, part) for part in parts)

    def _execute_arrays(self, connection: Connection, rows: Rows) -> int:
        by_column = tuple(
            _numbers(values) if double else list(values)
            for double, values in zip(self._doubles, zip(*rows, strict=True), strict=True)
        )
        return connection.exec_driver_sql(self._postgresql, by_column).rowcount


class BulkQuery:
    """A query for the rows in which a column has one of many values."""

    def __init__(self, query: Select[Any], column: Column[Any]) -> None:
        """`query` finds the rows, whatever the column has."""
        self._sqlite = query.where(column.in_(bindparam("values", expanding=True)))
        self._postgresql = query.where(
            column == any_(bindparam("values", type_=ARRAY(column.type)))
        )

    def execute(
        self, connection: Connection, values: Sequence[Any]
    ) -> CursorResult[*tuple[Any, ...]]:
        """Execute it."""
        query = self._sqlite if connection.dialect.name == "sqlite" else self._postgresql
        return connection.execute(query, {"values": values})


@cache
def bulk_update(table: Table, written: tuple[str, ...], matched: tuple[str, ...]) -> BulkStatement:
    """Make an UPDATE of the columns `written` where the columns `matched` are as given. A row's
    values are those of `written`, then those of `matched`."""
    columns = [table.c[name] for name in (*written, *matched)]
    values = [f"v{number}" for number in range(len(columns))]
    first = f"UPDATE {table.name} SET "  # noqa: S608 - names of the schema
    new = zip(written, values, strict=False)
    found = zip(matched, values[len(written) :], strict=True)
    return BulkStatement(
        columns,
        first
        + ", ".join(f"{name} = ?" for name in written)
        + " WHERE "
        + " AND ".join(f"{name} = ?" for name in matched),
        first
        + ", ".join(f"{name} = given.{value}" for name, value in new)
        + " FROM {given} WHERE "
        + " AND ".join(f"{table.name}.{name} = given.{value}" for name, value in found),
    )


@cache
def bulk_insert(table: Table) -> BulkStatement:
    """Make an INSERT of whole rows."""
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    first = f"INSERT INTO {table.name} ({names}) "
    marks = ", ".join("?" for _ in table.columns)
    every = "SELECT * FROM {given}"
    return BulkStatement(table.columns, f"{first}VALUES ({marks})", first + every)


def _type(column: Column[Any]) -> str:
    return column.type.compile(_POSTGRESQL)


def _numbers(values: Iterable[float | None]) -> list[float | None]:
    # an array is of one type, and some of these are whole numbers
    return [None if value is None else float(value) for value in values]
