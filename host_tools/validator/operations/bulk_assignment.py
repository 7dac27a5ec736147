"""Bulk assignment: many tokens, each assigned to its user and activated if asked to, in one
transaction."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from sqlalchemy import select

from host_tools.progress import Progress
from host_tools.validator import user_id
from host_tools.validator.errors import ConflictError, InvalidError
from host_tools.validator.operations import activation, lifecycle, users
from host_tools.validator.records import HandOut, Status
from host_tools.validator.store import tables
from host_tools.validator.store.bulk_statements import BulkQuery
from host_tools.validator.store.rows import TokenRow, UserRow
from host_tools.validator.store.unit_of_work import UnitOfWork, no_token

_BATCH = 500  # tokens read by one statement
_USERS = BulkQuery(select(tables.users), tables.users.c.normalized_id)


def assign_tokens(
    unit: UnitOfWork,
    assignments: Mapping[str, str],
    activate: bool,
    progress: Progress | None,
    take_back: bool = False,
) -> HandOut:
    """Assign tokens from stock to users: all, or none.

    `assignments` maps serial numbers to user-IDs; new users are created. With `take_back`, a token
    that is assigned to somebody, and not blocked, goes back into stock first. KodebrikError names
    the first token or user that prevents it. A user can have one active token. Memory hardly grows
    with their number.
    """
    if activate:
        _refuse_second_tokens(assignments)
    replaced: dict[str, str] = {}
    pairs, done = iter(assignments.items()), 0
    while part := dict(islice(pairs, _BATCH)):
        owners, tokens = _find_or_create_users(unit, part.values()), _lock_tokens(unit, part)
        for serial, typed in part.items():
            owner = owners[user_id.normalized(unit.user_ids.validated(typed))]
            if take_back:
                _take_back(unit, tokens[serial])
            lifecycle.assign(unit, tokens[serial], owner)
        if activate:
            replaced |= activation.activate_without_codes(unit, list(tokens.values()))
        unit.release_tokens()
        done += len(part)
        if progress is not None:
            progress(done, len(assignments))
    return HandOut(done, replaced)


def activate_tokens(unit: UnitOfWork, serials: Sequence[str]) -> HandOut:
    """Activate assigned tokens on an administrator's authority: all, or none."""
    wanted = list(dict.fromkeys(serials))
    tokens = _lock_tokens(unit, wanted)
    owners: dict[int | None, str] = {}
    for serial in wanted:
        lifecycle.require_status(tokens[serial], "token-cannot-be-activated", Status.ASSIGNED)
        other = owners.setdefault(tokens[serial].owner_id, serial)
        if other != serial:
            raise ConflictError("activation-of-two", first=other, second=serial)
    replaced = activation.activate_without_codes(unit, [tokens[serial] for serial in wanted])
    return HandOut(len(wanted), replaced)


def _take_back(unit: UnitOfWork, token: TokenRow) -> None:
    """Put a token back into stock, unless it is there or blocked."""
    if token.status in (Status.ASSIGNED, Status.ACTIVE, Status.REPLACED):
        lifecycle.unassign(unit, token)


def _refuse_second_tokens(assignments: Mapping[str, str]) -> None:
    # Of very many user-IDs their hashes are all that memory holds.
    if len({hash(user_id.normalized(typed)) for typed in assignments.values()}) == len(assignments):
        return
    seen: set[str] = set()
    for typed in assignments.values():
        normalized = user_id.normalized(typed)
        if normalized in seen:
            raise InvalidError("assignment-user-twice", user_id=typed[: user_id.SHOWN])
        seen.add(normalized)


def _find_or_create_users(unit: UnitOfWork, typed: Iterable[str]) -> dict[str, UserRow]:
    """Give users by their normalized user-IDs."""
    wanted = {user_id.normalized(unit.user_ids.validated(text)): text for text in typed}
    found = _USERS.execute(unit.connection, sorted(wanted))
    owners = {row.normalized_id: unit.checked(tables.users, UserRow(*row)) for row in found}
    for normalized in wanted.keys() - owners.keys():
        owners[normalized] = users.find_or_create(unit, wanted[normalized])
    return owners


def _lock_tokens(unit: UnitOfWork, serials: Iterable[str]) -> dict[str, TokenRow]:
    """Lock tokens; give them by serial number."""
    wanted = list(serials)
    locked = unit.find_tokens(wanted)
    for serial in wanted:
        if serial not in locked:
            raise no_token(serial)
    return locked
