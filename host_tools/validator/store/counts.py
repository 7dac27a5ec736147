"""Numbers of tokens by status, and of users: kept in one row, since counting a million takes too
long for a page.

Each transaction that changes them writes the row last but the root, so its lock is held for the
time of the commit alone.
"""

from collections import Counter

from sqlalchemy import Connection, func, select

from host_tools.validator.store.rows import CountsRow
from host_tools.validator.store.tables import counts, tokens, users

ID = 1  # of the table's only row
USERS = "users"  # its column; the others are values of records.Status
LOCKED = select(counts).with_for_update()


def read(connection: Connection) -> CountsRow:
    """Give the numbers as they are kept."""
    return CountsRow(*connection.execute(select(counts)).one())


def counted(connection: Connection) -> CountsRow:
    """Count, and give the row to keep; it has no seal."""
    by_status = select(tokens.c.status, func.count().label("number")).group_by(tokens.c.status)
    found = {row.status: row.number for row in connection.execute(by_status)}
    people = connection.execute(select(func.count()).select_from(users)).scalar_one()
    return CountsRow(ID, **found, users=people)


def changed(row: CountsRow, changes: Counter[str]) -> CountsRow:
    """Give the row with the changes of a transaction."""
    return row._replace(**{name: getattr(row, name) + more for name, more in changes.items()})
