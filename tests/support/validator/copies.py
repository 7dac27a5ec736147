"""Copies of a database's rows, and putting them back: what an attacker does who wants an earlier
state."""

from sqlalchemy import Table, delete, insert, select
from sqlalchemy.engine import Engine

from host_tools.validator.store.tables import audit, metadata, tokens

Copy = dict[Table, list[dict]]


def copied(opened: Engine, *chosen: Table) -> Copy:
    """Copy tables; without any named, all of them."""
    with opened.begin() as connection:
        return {
            table: [row._asdict() for row in connection.execute(select(table))]
            for table in chosen or metadata.sorted_tables
        }


def put_back(opened: Engine, copy: Copy, serial: str | None = None) -> None:
    """Put back rows of a copy: all, or those of one token and its chain."""
    with opened.begin() as connection:
        for table in reversed(list(copy)):
            column = {tokens: tokens.c.serial, audit: audit.c.chain}.get(table)
            only = None if serial is None or column is None else column == serial
            gone = delete(table) if only is None else delete(table).where(only)
            connection.execute(gone)
        for table, rows in copy.items():
            column = {tokens: "serial", audit: "chain"}.get(table)
            kept = [row for row in rows if None in (serial, column) or row[column] == serial]
            if kept:
                connection.execute(insert(table), kept)
