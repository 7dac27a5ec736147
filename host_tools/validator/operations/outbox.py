"""The outbox of notices to users. A notice is queued in the transaction that it tells of, so that
none is lost or made up."""

from sqlalchemy import delete, insert, select, update

from host_tools.validator.records import Notice, NoticeKind, Product
from host_tools.validator.store.rows import TokenRow
from host_tools.validator.store.tables import notices, tokens, users
from host_tools.validator.store.unit_of_work import UnitOfWork

CLAIMED_SECONDS = 120  # that a worker has for sending before the notice is due again
MAX_ATTEMPTS = 12
_FIRST_WAIT, _LONGEST_WAIT = 60, 86400  # seconds


def queue(unit: UnitOfWork, kind: NoticeKind, token: TokenRow) -> None:
    """Queue a notice about a token to its user."""
    unit.connection.execute(
        insert(notices).values(
            kind=kind.value,
            at=unit.now,
            owner_id=token.owner_id,
            serial=token.serial,
            attempts=0,
            due_at=unit.now,
        )
    )


def claim_due(unit: UnitOfWork, limit: int) -> list[Notice]:
    """Claim up to `limit` notices that are due; for CLAIMED_SECONDS no other worker gets them."""
    query = (
        select(notices, users.c.user_id, users.c.email, users.c.language, tokens.c.product)
        .join(users, notices.c.owner_id == users.c.id)
        .outerjoin(tokens, notices.c.serial == tokens.c.serial)  # it may be deleted by now
        .where(notices.c.due_at <= unit.now)
        .order_by(notices.c.id)
        .limit(limit)
        .with_for_update(of=notices, skip_locked=True)
    )
    found = unit.connection.execute(query).all()
    claimed = update(notices).where(notices.c.id.in_([row.id for row in found]))
    if found:
        unit.connection.execute(claimed.values(due_at=unit.now + CLAIMED_SECONDS))
    return [
        Notice(
            row.id,
            NoticeKind(row.kind),
            row.at,
            row.user_id,
            row.serial,
            None if row.product is None else Product(row.product),
            row.email,
            row.language,
            row.attempts,
        )
        for row in found
    ]


def remove(unit: UnitOfWork, notice: Notice) -> None:
    """Remove a notice that was delivered."""
    unit.connection.execute(delete(notices).where(notices.c.id == notice.id))


def postpone(unit: UnitOfWork, notice: Notice) -> None:
    """Make a failed notice due again, each time after twice the wait; give up after
    MAX_ATTEMPTS."""
    attempts = notice.attempts + 1
    if attempts >= MAX_ATTEMPTS:
        remove(unit, notice)
        unit.record_server_event("given_up", {"kind": notice.kind.value, "serial": notice.serial})
        return
    wait = min(_FIRST_WAIT * 2**notice.attempts, _LONGEST_WAIT)
    values = {"attempts": attempts, "due_at": unit.now + wait}
    unit.connection.execute(update(notices).where(notices.c.id == notice.id).values(**values))
