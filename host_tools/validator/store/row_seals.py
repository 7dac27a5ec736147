"""Seals of rows: a MAC in the column `audit_seal` over the table's name and all other columns.

Every table has seals but `audit`, whose entries are chained, and `write_probes`, which decides
nothing. The columns are taken from the schema, so a new column is covered by itself. Without the
data key nobody can change a row, make one, or give it another one's identity: whoever reads a row
that decides anything asks first whether it fits its seal, and refuses it if not.

An older copy of the same row fits its seal. That it is back is found by the root over all seals
(audit_root.py), and for rows of `users` and `api_keys` also by their fingerprint in the audit
entry of their last change.
"""

import hmac
import json
from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any, Protocol

from sqlalchemy import Double, Table

from host_tools.validator.errors import AlteredError
from host_tools.validator.store.keyed_mac import KeyedMac
from host_tools.validator.store.rows import DataKeyRow

_SEAL, _KEY = "audit_seal", "audit_key"
_FINGERPRINT_BYTES = 16
_LONGEST_NAME = 40  # characters of a primary key that a message names

_encode = json.JSONEncoder(
    separators=(",", ":"), sort_keys=True, default=bytes.hex, check_circular=False
).encode


class SealedRow(Protocol):
    """A row that carries a seal."""

    @property
    def audit_seal(self) -> bytes:
        """Give the seal."""

    @property
    def audit_key(self) -> int:
        """Give the number of the data key that made the seal."""


def canonical_json(value: object) -> str:
    """Write JSON with sorted keys and no spaces, bytes as hexadecimal: the form that MACs cover."""
    return _encode(value)


def seal(audit_key: KeyedMac, table: Table, row: object) -> bytes:
    """Give the seal of a row, whose attributes are the table's columns: an HMAC-SHA256."""
    return _mac(audit_key, b"row\0", _values_but(table, _SEAL)(row))


def fingerprint(audit_key: KeyedMac, table: Table, row: object) -> str:
    """Give a keyed hash, as hexadecimal, of all that a row says; unlike its seal it stays the same
    when the row is sealed with another key."""
    mac = _mac(audit_key, b"fingerprint\0", _values_but(table, _SEAL, _KEY)(row))
    return mac[:_FINGERPRINT_BYTES].hex()


def fits(audit_key: KeyedMac, table: Table, row: SealedRow | DataKeyRow) -> bool:
    """Say whether a row is as it was sealed."""
    return hmac.compare_digest(seal(audit_key, table, row), row.audit_seal)


def altered(table: Table, row: object) -> AlteredError:
    """Make the error that a row is not as the server has written it."""
    return altered_row(table, name_of(table, row))


def altered_row(table: Table, name: str) -> AlteredError:
    """Make the error that the row with this name is not as the server has written it."""
    shown = name if name.isprintable() else ascii(name)[1:-1]  # it ends no line of a log
    return AlteredError("row-altered", table=table.name, row=shown)


def missing(table: Table, name: object) -> AlteredError:
    """Make the error that a row is gone that the server has written."""
    return AlteredError("row-missing", table=table.name, row=str(name))


def name_of(table: Table, row: object) -> str:
    """Name a row for people: by its serial number, user-ID, chain, a name that only one row has, or
    else by its primary key."""
    names = ["serial", "user_id", "chain"]
    if "name" in table.c and table.c.name.unique:  # not what users call their devices
        names.append("name")
    for name in names:
        if name in table.c and isinstance(text := getattr(row, name), str):
            return text[:_LONGEST_NAME]
    value = getattr(row, next(iter(table.primary_key.columns)).name)
    return (value.hex() if isinstance(value, bytes) else str(value))[:_LONGEST_NAME]


def _mac(audit_key: KeyedMac, purpose: bytes, values: list[Any]) -> bytes:
    return audit_key(purpose + _encode(values).encode())


@cache
def _values_but(table: Table, *left_out: str) -> Callable[[object], list[Any]]:
    """Give a function that lists the table's name and a row's values for JSON."""
    columns = [column for column in table.columns if column.name not in left_out]
    values_of = attrgetter(*(column.name for column in columns))
    doubles = [n for n, column in enumerate(columns, 1) if isinstance(column.type, Double)]

    def values(row: object) -> list[Any]:
        listed = [table.name, *values_of(row)]
        for n in doubles:  # 0 and 0.0 are written differently
            if type(listed[n]) is int:
                listed[n] = float(listed[n])
        return listed

    return values
