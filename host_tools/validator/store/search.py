"""Search for tokens and users by part of a serial number or user-ID, in any case.

An index of the text's parts finds it anywhere: on SQLite that of FTS5, which triggers keep
(migration 0002), of trigrams; on PostgreSQL a GIN of all parts of three and of six characters
(migration 0008). It tells nothing but where to look, so it has no seal: what is shown comes from
the sealed rows. Shorter texts have no trigram, and are found only as a whole serial number or
user-ID.

A search gives ids in the order in which rows were made, not of serial numbers: only so a search
that finds a million rows costs no more than the part of it that is shown.

A text whose every trigram very many rows have ("KD00000000" where all serial numbers begin so) is
not looked up on SQLite, for the index points to all of them: FTS5 then compares places in long
lists, at several times the cost of reading the indexed texts themselves in their order. On
PostgreSQL a text of six characters and more is looked up by its parts of six, at least one of which
few rows have: of a million serial numbers that are counted up, one in a hundred has six zeros.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Text,
    column,
    func,
    literal,
    literal_column,
    or_,
    select,
    table,
    union,
)
from sqlalchemy.dialects.postgresql import ARRAY

from host_tools.validator import user_id
from host_tools.validator.store.tables import tokens, users

_FEW = 2000  # tokens that are read rather than looked up
_COMMON = 20_000  # rows with one trigram; FTS5 goes through so many in a few milliseconds
LEAST = 3  # characters that are found anywhere; of fewer there is no trigram
LONG = 6  # characters of the longer parts that PostgreSQL looks up

Cut = Callable[[Select[Any], ColumnElement[Any]], Select[Any]]
"""Puts a query into the order of a column, and cuts off what the page does not show."""


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
    by_serial = ids.where(*_holding(func.lower(tokens.c.serial), typed))
    owners = select(users.c.id).where(*_holding(users.c.normalized_id, normalized))
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
    return cut(ids.where(*_holding(users.c.normalized_id, normalized)), users.c.id)


def _holding(whole: ColumnElement[str], part: str) -> Sequence[ColumnElement[bool]]:
    """Give the conditions that a text of PostgreSQL holds a part: the index's, and the part's."""
    parts = literal(_parts(part, LONG if len(part) >= LONG else LEAST), ARRAY(Text))
    return func.search_parts(whole).op("@>")(parts), whole.contains(part, autoescape=True)


def _parts(text: str, size: int) -> list[str]:
    """List the different parts of so many characters of a text."""
    return sorted({text[at : at + size] for at in range(len(text) - size + 1)})


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
    matching = literal_column(index).op("MATCH")
    return all(
        connection.execute(one.where(matching(_phrase(trigram)))).first()
        for trigram in _parts(part, LEAST)
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
