"""Assignments of tokens to users, as CSV: a serial number and a user-ID on each line, separated by
commas, semicolons or tabs."""

import csv
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from host_tools.exchange import text_encoding
from host_tools.exchange.key_package import bad

_SERIAL_COLUMN = ("serial", "serial number", "serialno", "serial no", "token serial")
_USER_COLUMN = ("user", "user-id", "user id", "userid", "user_id", "username")


class Assignment(NamedTuple):
    """Which token goes to whom, and the line that says it, from 1."""

    line: int
    serial: str
    user: str


def read(file: BinaryIO) -> dict[str, str]:
    """Give the user-IDs by serial number, at least one; KodebrikError names the first invalid line.

    The first line may be a header: the names of the two columns, in any case, as in "serial,user".
    """
    users: dict[str, str] = {}
    for line, serial, user in assignments(file):
        if serial in users:
            raise bad("assignments-serial-twice", line=line, serial=serial)
        users[serial] = user
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
