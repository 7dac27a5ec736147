"""Assignments of tokens to users, as CSV: a serial number and a user-ID on each line, separated by
commas, semicolons or tabs."""

import csv
from collections.abc import Iterator, Mapping
from typing import BinaryIO, NamedTuple

from host_tools.exchange import temporary_database, text_encoding
from host_tools.exchange.key_package import bad

_SERIAL_COLUMN = ("serial", "serial number", "serialno", "serial no", "token serial")
_USER_COLUMN = ("user", "user-id", "user id", "userid", "user_id", "username")
_TABLE = "CREATE TABLE users (number INTEGER PRIMARY KEY, serial TEXT UNIQUE, user TEXT)"
_INSERT = "INSERT OR IGNORE INTO users (serial, user) VALUES (?, ?)"


class Assignment(NamedTuple):
    """Which token goes to whom, and the line that says it, from 1."""

    line: int
    serial: str
    user: str


class StoredAssignments(Mapping[str, str]):
    """User-IDs by serial number, in the order in which they were added, a million as well as one,
    in bounded memory."""

    def __init__(self) -> None:
        """Begin without any."""
        self._database, self._count = temporary_database.opened(self, _TABLE), 0

    def add(self, serial: str, user: str) -> bool:
        """Add an assignment; give False when there is one of that token already. KodebrikError when
        there is no room for more."""
        with temporary_database.room_needed():
            added = self._database.execute(_INSERT, (serial, user)).rowcount == 1
        self._count += added
        return added

    def __len__(self) -> int:
        """Count the assignments."""
        return self._count

    def __iter__(self) -> Iterator[str]:
        """Give the serial numbers one by one."""
        for (serial,) in self._database.execute("SELECT serial FROM users ORDER BY number"):
            yield serial

    def __getitem__(self, serial: str) -> str:
        """Give whose a token is to be."""
        query = "SELECT user FROM users WHERE serial = ?"
        found = self._database.execute(query, (serial,)).fetchone()
        if found is None:
            raise KeyError(serial)
        return str(found[0])


def read(file: BinaryIO) -> StoredAssignments:
    """Give the user-IDs by serial number, at least one; KodebrikError names the first invalid line.

    The first line may be a header: the names of the two columns, in any case, as in "serial,user".
    """
    users = StoredAssignments()
    for line, serial, user in assignments(file):
        if not users.add(serial, user):
            raise bad("assignments-serial-twice", line=line, serial=serial)
    if not users:
        raise bad("assignments-empty")
    return users


def assignments(file: BinaryIO) -> Iterator[Assignment]:
    """Give the assignments in their order; KodebrikError names the first invalid line."""
    first = next(text_encoding.lines(file), "")
    separator = next((sign for sign in ";\t" if sign in first), ",")
    for number, fields in enumerate(csv.reader(text_encoding.lines(file), delimiter=separator), 1):
        if not fields or (number == 1 and _is_header(fields)):
            continue
        if len(fields) != 2 or not all(field.strip() for field in fields):  # noqa: PLR2004 - a pair
            raise bad("assignments-line-invalid", line=number)
        yield Assignment(number, *(field.strip() for field in fields))


def _is_header(fields: list[str]) -> bool:
    names = [field.strip().lower() for field in fields]
    return len(names) == 2 and names[0] in _SERIAL_COLUMN and names[1] in _USER_COLUMN  # noqa: PLR2004 - a pair
