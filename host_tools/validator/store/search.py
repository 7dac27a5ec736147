"""Search for tokens and users by part of a serial number or user-ID, in any case.

An index of trigrams finds the text anywhere: FTS5 of SQLite, which triggers keep (migration 0002),
or pg_trgm of PostgreSQL. It tells nothing but where to look, so it has no seal: what is shown
comes from the sealed rows. Shorter texts have no trigram, and are found only as a whole serial
number or user-ID.

A search gives ids in the order in which rows were made, not of serial numbers: only so a search
that finds a million rows costs no more than the part of it that is shown.

A text whose every trigram very many rows have ("KD00000000" where all serial numbers begin so) is
not looked up, for the index points to all of them: FTS5 then compares places in long lists, at
several times the cost of reading the indexed texts themselves in their order.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    column,
    func,
    literal_column,
    or_,
    select,
    table,
    text,
    union,
)

from host_tools.validator import user_id
from host_tools.validator.store.tables import tokens, users

_FEW = 2000  # tokens that are read rather than looked up
_COMMON = 20_000  # rows with one trigram; FTS5 goes through so many in a few milliseconds
LEAST = 3  # characters that are found anywhere; of fewer there is no trigram

Cut = Callable[[Select[Any], ColumnElement[Any]], Select[Any]]
"""Puts a query into the order of a column, and cuts off what the page does not show."""

_TRIGRAMS = (
    "CREATE INDEX IF NOT EXISTS ix_tokens_serial_trigrams ON tokens "
    "USING gin (lower(serial) gin_trgm_ops) WITH (fastupdate = off)",
    "CREATE INDEX IF NOT EXISTS ix_users_normalized_id_trigrams ON users "
    "USING gin (normalized_id gin_trgm_ops) WITH (fastupdate = off)",
)


def prepare(connection: Connection) -> None:
    """Make PostgreSQL's indexes of trigrams, if it has pg_trgm; without them a search reads the
    whole table. An extension that was installed later is found at the next start."""
    if connection.dialect.name != "postgresql":
        return
    known = "SELECT installed_version FROM pg_available_extensions WHERE name = 'pg_trgm'"
    found = connection.execute(text(known)).one_or_none()
    if found is None:
        return
    if found.installed_version is None:
        may_create = text("SELECT has_database_privilege(current_database(), 'CREATE')")
        if not connection.execute(may_create).scalar_one():
            return
        connection.execute(text("CREATE EXTENSION pg_trgm"))
    for statement in _TRIGRAMS:
        connection.execute(text(statement))


def tokens_with(
    connection: Connection,
    wanted: str,
    filters: Sequence[ColumnElement[bool]],
    count: int,
    cut: Cut,
) -> Select[Any]:
    """Select the ids of the tokens whose serial number or user-ID holds `wanted`, and that match
    the filters, as far as the page shows them. `count` tokens match the filters."""
    typed, normalized = wanted.lower(), user_id.normalized(wanted)
    ids = select(tokens.c.id).where(*filters)
    if min(len(typed), len(normalized)) < LEAST:
        owner = select(users.c.id).where(users.c.normalized_id == normalized).scalar_subquery()
        return cut(
            ids.where(or_(tokens.c.serial == wanted, tokens.c.owner_id == owner)), tokens.c.id
        )
    if count <= _FEW:  # the text may be in a million others
        holds = or_(
            tokens.c.serial.contains(wanted, autoescape=True),
            func.lower(tokens.c.serial).contains(typed, autoescape=True),
            users.c.normalized_id.contains(normalized, autoescape=True),
        )
        return cut(ids.outerjoin(users, tokens.c.owner_id == users.c.id).where(holds), tokens.c.id)
    if connection.dialect.name == "sqlite":
        parts = {"serial": typed, "user_id": normalized}
        return _indexed(connection, ids, tokens, "token_search", parts, cut)
    by_serial = ids.where(func.lower(tokens.c.serial).contains(typed, autoescape=True))
    owners = select(users.c.id).where(users.c.normalized_id.contains(normalized, autoescape=True))
    by_owner = ids.where(tokens.c.owner_id.in_(owners))
    both = union(cut(by_serial, tokens.c.id), cut(by_owner, tokens.c.id)).subquery()
    return cut(select(both.c.id), both.c.id)


def users_with(connection: Connection, wanted: str, cut: Cut) -> Select[Any]:
    """Select the ids of the users whose user-ID holds `wanted`, as far as the page shows them."""
    normalized = user_id.normalized(wanted)
    ids = select(users.c.id)
    if len(normalized) < LEAST:
        return cut(ids.where(users.c.normalized_id == normalized), users.c.id)
    if connection.dialect.name == "sqlite":
        return _indexed(connection, ids, users, "user_search", {"user_id": normalized}, cut)
    return cut(ids.where(users.c.normalized_id.contains(normalized, autoescape=True)), users.c.id)


def _indexed(  # noqa: PLR0913, PLR0917 - what a query consists of
    connection: Connection,
    ids: Select[Any],
    rows: FromClause,
    index: str,
    parts: Mapping[str, str],
    cut: Cut,
) -> Select[Any]:
    """Select from a table of SQLite those whose text in a column of the index holds that column's
    part. Both ways give the rows in their order, one by one: what is cut off is not looked for."""
    if any(_all_common(connection, index, part) for part in set(parts.values())):
        return _read(ids, rows, index, parts, cut)
    found = table(index, column("rowid", BigInteger))
    joined = found.join(rows, rows.c.id == found.c.rowid)
    phrase = " OR ".join(f"{name} : {_phrase(part)}" for name, part in parts.items())
    matching = literal_column(index).op("MATCH")(phrase)
    return cut(ids.select_from(joined).where(matching), found.c.rowid)


def _all_common(connection: Connection, index: str, part: str) -> bool:
    """Say whether very many rows have each trigram of a text, whose letters SQLite can fold."""
    if not part.isascii():
        return False
    found = table(index, column("rowid", BigInteger))
    one = select(found.c.rowid).limit(1).offset(_COMMON)
    trigrams = {part[at : at + LEAST] for at in range(len(part) - LEAST + 1)}
    matching = literal_column(index).op("MATCH")
    return all(
        connection.execute(one.where(matching(_phrase(trigram)))).first() for trigram in trigrams
    )


def _read(
    ids: Select[Any], rows: FromClause, index: str, parts: Mapping[str, str], cut: Cut
) -> Select[Any]:
    """Select by reading the texts that FTS5 keeps for the index, c0 to cN in the order of its
    columns (sqlite.org/fts5.html, section 9)."""
    names = [f"c{place}" for place in range(len(parts))]
    kept = table(f"{index}_content", column("id", BigInteger), *map(column, names))
    # "+": the rows are found by what was read, not the other way about.
    joined = kept.join(rows, rows.c.id == literal_column(f"+{kept.name}.id"))
    holds = [
        func.instr(_folded(kept.c[kept_as], name, part), part) > 0
        for kept_as, (name, part) in zip(names, parts.items(), strict=True)
    ]
    return cut(ids.select_from(joined).where(or_(*holds)), kept.c.id)


def _folded(kept: ColumnElement[Any], name: str, part: str) -> ColumnElement[Any]:
    """Fold the case of a column where that can matter: it is half of the cost."""
    return func.lower(kept) if name == "serial" and part != part.upper() else kept


def _phrase(wanted: str) -> str:
    """Write a text as FTS5 reads it."""
    return '"' + wanted.replace('"', '""') + '"'
