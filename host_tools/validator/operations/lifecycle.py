"""The life of a token after its import: assigned, blocked, replaced, deleted; its window and
clock."""

from typing import Any

from sqlalchemy import bindparam, delete, select

from host_tools.validator import user_id
from host_tools.validator.errors import ConflictError, NotFoundError
from host_tools.validator.operations import outbox, token_import
from host_tools.validator.records import NoticeKind, Status
from host_tools.validator.rule.drift import TokenClock
from host_tools.validator.store import token_rows
from host_tools.validator.store.tables import tokens, users
from host_tools.validator.store.unit_of_work import Ledger

ACTIVE_OF = select(tokens.c.id).where(
    tokens.c.owner_id.in_(bindparam("owners", expanding=True)),
    tokens.c.status.in_((Status.ACTIVE.value, Status.BLOCKED.value)),
)

NO_ACTIVATION: dict[str, Any] = {
    "activation_hash": None,
    "activation_key": None,
    "activation_expires_at": None,
    "activation_tries": 0,
}

Row = dict[str, Any]


def assign(ledger: Ledger, row: Row, owner_id: int, shown: str) -> None:
    """Give a token from stock to a user."""
    demand(row, "assigned", Status.STOCK)
    ledger.note(row, "assign", {"user_id": shown}, owner_id=owner_id, status=Status.ASSIGNED.value)


def unassign(ledger: Ledger, row: Row) -> None:
    """Put a token back into stock."""
    if row["status"] == Status.STOCK:
        raise ConflictError(
            f"The token {row['serial']} is in stock already.", "Nothing is to be done."
        )
    ledger.note(
        row,
        "unassign",
        {},
        owner_id=None,
        status=Status.STOCK.value,
        activated_at=None,
        **NO_ACTIVATION,
    )


def block(ledger: Ledger, row: Row, reason: str) -> None:
    """Refuse a token's codes from now on."""
    demand(row, "blocked", Status.ACTIVE, Status.ASSIGNED)
    ledger.note(row, "block", {"reason": reason[:200]}, status=Status.BLOCKED.value)
    outbox.queue(ledger, NoticeKind.BLOCKED, row["owner_id"], row["serial"])


def unblock(ledger: Ledger, row: Row) -> None:
    """Take a block or a lock back. A token that was never activated waits for its activation
    again."""
    demand(row, "unblocked", Status.BLOCKED, Status.ACTIVE, Status.ASSIGNED)
    status = row["status"]
    if status == Status.BLOCKED:
        status = (Status.ASSIGNED if row["activated_at"] is None else Status.ACTIVE).value
        others = ledger.connection.execute(ACTIVE_OF, {"owners": [row["owner_id"]]}).scalars().all()
        active = [
            number
            for number, other in ledger.load(others).items()
            if other["status"] == Status.ACTIVE
        ]
        if status == Status.ACTIVE and any(number != row["id"] for number in active):
            raise ConflictError(
                "The user has another active token.", "Block or unassign that one first."
            )
    ledger.note(row, "unblock", {}, status=status, failures=0, locked_until=0.0)


def replace(ledger: Ledger, row: Row, new: Row, do_block: bool) -> None:
    """Assign another token to the same user."""
    if row["owner_id"] is None:
        raise ConflictError(
            f"The token {row['serial']} is nobody's.", "Assign the new token to its user."
        )
    shown = ledger.connection.execute(
        select(users.c.user_id).where(users.c.id == row["owner_id"])
    ).scalar_one()
    assign(ledger, new, row["owner_id"], shown)
    if do_block and row["status"] in (Status.ACTIVE, Status.ASSIGNED):
        block(ledger, row, f"replaced by {new['serial']}")


def remove(ledger: Ledger, row: Row) -> None:
    """Delete a token and its secret; its chain ends with the entry that says so."""
    ledger.note(row, "delete", {})
    ledger.flush()
    ledger.forget(row)
    ledger.connection.execute(delete(tokens).where(tokens.c.id == row["id"]))
    ledger.set_chain(row["serial"], ledger.head(row))
    ledger.note_server("delete", {"serial": row["serial"]})


def set_window(ledger: Ledger, row: Row, window: int | None, look_ahead: int | None) -> None:
    """Change window or look-ahead."""
    changes: dict[str, Any] = {}
    if window is not None:
        changes["accept_window"] = token_import.checked_window(window)
    if look_ahead is not None:
        changes["look_ahead"] = token_import.checked_look_ahead(look_ahead)
    ledger.note(row, "window", changes, **changes)


def clock_was_set(ledger: Ledger, row: Row, at: float) -> None:
    """Forget what was learnt of the clock."""
    ledger.note(
        row,
        "clock",
        {"set_at": at},
        **token_rows.clock_columns(TokenClock(0.0, at, ppm=token_rows.clock(row).ppm)),
    )


def set_clock_ppm(ledger: Ledger, row: Row, ppm: float) -> None:
    """Say what the clock can be off by; what is learnt from the next code on obeys it."""
    ledger.note(row, "clock", {"ppm": ppm}, clock_ppm=token_import.checked_ppm(ppm))


def owner_of(ledger: Ledger, typed: str) -> token_rows.Row:
    """Give a user's row; KodebrikError when there is none."""
    key = user_id.key(typed.strip()) if typed.isprintable() else ""
    found = (
        ledger.connection.execute(select(users).where(users.c.user_key == key))
        .mappings()
        .one_or_none()
    )
    if found is None:
        raise NotFoundError(
            f"There is no user {typed[: user_id.MAX_LENGTH]!r}.", "Check the user-ID."
        )
    return dict(found)


def active_token_of(ledger: Ledger, typed: str) -> Row:
    """Lock a user's active token and give its row; KodebrikError when there is none."""
    owner = owner_of(ledger, typed)
    query = select(tokens.c.serial).where(
        tokens.c.owner_id == owner["id"], tokens.c.status == Status.ACTIVE.value
    )
    serial = ledger.connection.execute(query).scalar()
    if serial is None:
        raise ConflictError(
            f"The user {owner['user_id']!r} has no active token.", "Activate one first."
        )
    return ledger.token(serial)


def demand(row: token_rows.Row, what: str, *allowed: Status) -> None:
    """Raise KodebrikError unless the token has one of the allowed states."""
    if row["status"] not in allowed:
        raise ConflictError(
            f"The token {row['serial']} is {row['status']}: it cannot be {what}.",
            f"Only a token that is {' or '.join(allowed)} can be.",
        )
