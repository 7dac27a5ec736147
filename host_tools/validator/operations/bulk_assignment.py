"""Handing out many tokens at once: each assigned to its user, and activated if told so, in one
transaction."""

from collections.abc import Iterable, Mapping

from sqlalchemy import bindparam, select

from host_tools.progress import Progress
from host_tools.validator import user_id
from host_tools.validator.errors import InvalidError
from host_tools.validator.operations import activation, lifecycle
from host_tools.validator.operations import users as accounts
from host_tools.validator.store import token_rows
from host_tools.validator.store.tables import tokens, users
from host_tools.validator.store.unit_of_work import Ledger, no_token

_AT_ONCE = 500  # tokens read by one statement
_NUMBERS = select(tokens.c.serial, tokens.c.id).where(
    tokens.c.serial.in_(bindparam("serials", expanding=True))
)
_OWNERS = select(users).where(users.c.user_key.in_(bindparam("keys", expanding=True)))


def hand_out(
    ledger: Ledger, wanted: Mapping[str, str], activate: bool, progress: Progress | None
) -> int:
    """Give tokens from stock, by serial number, to users, who are made when new: all, or none.

    KodebrikError names the first token or user that stands in the way. A user can have one active
    token.
    """
    if activate:
        _refuse_second_tokens(wanted)
    pairs, done = list(wanted.items()), 0
    while done < len(pairs):
        part = dict(pairs[done : done + _AT_ONCE])
        owners, found = _owners(ledger, part.values()), _tokens(ledger, part)
        for serial, typed in part.items():
            owner = owners[user_id.key(user_id.check(typed))]
            lifecycle.assign(ledger, found[serial], owner["id"], owner["user_id"])
        if activate:
            activation.make_active(
                ledger, list(found.values()), activation.BY_ADMINISTRATOR, activation.UNLOCKED
            )
        done += len(part)
        if progress is not None:
            progress(done, len(pairs))
    return done


def _refuse_second_tokens(wanted: Mapping[str, str]) -> None:
    seen: set[str] = set()
    for typed in wanted.values():
        key = user_id.key(typed)
        if key in seen:
            raise InvalidError(
                f"The user {typed[: user_id.MAX_LENGTH]!r} is to get two tokens, and can have "
                "one active token.",
                "Take one of the two out; nothing was done.",
            )
        seen.add(key)


def _owners(ledger: Ledger, typed: Iterable[str]) -> dict[str, token_rows.Row]:
    by_key = {user_id.key(user_id.check(text)): text for text in typed}
    found = ledger.connection.execute(_OWNERS, {"keys": sorted(by_key)}).mappings()
    owners: dict[str, token_rows.Row] = {row["user_key"]: dict(row) for row in found}
    for key in by_key.keys() - owners.keys():
        owners[key] = accounts.find_or_create(ledger, by_key[key])
    return owners


def _tokens(ledger: Ledger, serials: Iterable[str]) -> dict[str, lifecycle.Row]:
    """Lock tokens and give their rows by serial number."""
    wanted = list(serials)
    numbers = {
        row.serial: row.id for row in ledger.connection.execute(_NUMBERS, {"serials": wanted})
    }
    loaded = ledger.load(numbers.values())
    for serial in wanted:
        if numbers.get(serial) not in loaded:
            raise no_token(serial)
    return {serial: loaded[numbers[serial]] for serial in wanted}
