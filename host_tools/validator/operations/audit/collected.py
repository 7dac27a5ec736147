"""What a verification collects and compares at its end: heads of chains, tokens that were imported,
rows that the server's chain tells of.

It lies in a temporary SQLite database of its own, which SQLite moves to an unnamed file as it
grows: there may be a million of each, and memory stays bounded.
"""

import sqlite3
from collections.abc import Iterator
from types import TracebackType
from typing import NamedTuple

from host_tools.validator.store.rows import ChainHead

_CACHE = 16 * 1024  # KiB of it that are held in memory
_TABLES = """
CREATE TABLE heads (chain TEXT PRIMARY KEY, sequence INTEGER, mac BLOB, seen INTEGER) WITHOUT ROWID;
CREATE TABLE created (serial TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE told (kind TEXT, name TEXT, fingerprint TEXT, data_key INTEGER,
    PRIMARY KEY (kind, name)) WITHOUT ROWID;
"""


class Told(NamedTuple):
    """The fingerprint of a row in the last entry that tells of it, and that entry's data key."""

    fingerprint: str
    data_key: int


class Collected:
    """The temporary database; use it as a context."""

    def __init__(self) -> None:
        """Make it."""
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute(f"PRAGMA cache_size = -{_CACHE}")
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.executescript(_TABLES)

    def __enter__(self) -> "Collected":
        """Use as a context that removes it."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove it."""
        self._database.close()

    def add_head(self, chain: str, head: ChainHead) -> None:
        """Note the sealed head of a chain."""
        self._database.execute("REPLACE INTO heads VALUES (?, ?, ?, 0)", (chain, *head))

    def head(self, chain: str) -> ChainHead | None:
        """Give the head of a chain whose entries were found."""
        found = self._database.execute(
            "UPDATE heads SET seen = 1 WHERE chain = ? RETURNING sequence, mac", (chain,)
        ).fetchall()
        return ChainHead(*found[0]) if found else None

    def add_created(self, serial: str) -> None:
        """Note that a token was imported."""
        self._database.execute("INSERT OR IGNORE INTO created VALUES (?)", (serial,))

    def tell(self, kind: str, name: str, told: Told) -> None:
        """Note what the last entry so far says of a row, named by its table and name."""
        self._database.execute("REPLACE INTO told VALUES (?, ?, ?, ?)", (kind, name, *told))

    def told_of(self, kind: str, name: str) -> Told | None:
        """Give what was told of a row, and forget it."""
        found = self._database.execute(
            "DELETE FROM told WHERE kind = ? AND name = ? RETURNING fingerprint, data_key",
            (kind, name),
        ).fetchall()
        return Told(*found[0]) if found else None

    def rows_without_trace(self) -> Iterator[tuple[str, str]]:
        """Give the rows that were told of and not found: table and name."""
        yield from self._database.execute("SELECT kind, name FROM told ORDER BY kind, name")

    def heads_without_entries(self) -> Iterator[str]:
        """Give the chains that have a head and no entry."""
        yield from self._names("SELECT chain FROM heads WHERE NOT seen ORDER BY chain")

    def created_without_head(self) -> Iterator[str]:
        """Give the tokens that were imported and are gone, with their chains' heads."""
        yield from self._names(
            "SELECT serial FROM created EXCEPT SELECT chain FROM heads ORDER BY serial"
        )

    def heads_never_created(self) -> Iterator[str]:
        """Give the chains with a head of which no import tells."""
        yield from self._names(
            "SELECT chain FROM heads EXCEPT SELECT serial FROM created ORDER BY chain"
        )

    def _names(self, query: str) -> Iterator[str]:
        for (name,) in self._database.execute(query):
            yield name
