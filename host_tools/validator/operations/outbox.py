"""Notices that wait to be sent. They are queued in the transaction that they tell of, so none is
lost or made up."""

from sqlalchemy import delete, insert, select, update

from host_tools.validator.records import Notice, NoticeKind
from host_tools.validator.store.tables import notices, users
from host_tools.validator.store.unit_of_work import Ledger

CLAIMED_SECONDS = 120  # that a worker has for sending before the notice is due again
MOST_ATTEMPTS = 12
_FIRST_WAIT, _LONGEST_WAIT = 60, 86400  # seconds


def queue(ledger: Ledger, kind: NoticeKind, owner_id: int, serial: str) -> None:
    """Queue a notice to a user, in the transaction that it tells of."""
    row = {
        "kind": kind.value,
        "at": ledger.now,
        "owner_id": owner_id,
        "serial": serial,
        "attempts": 0,
    }
    ledger.connection.execute(insert(notices).values(**row, due_at=ledger.now))


def due(ledger: Ledger, limit: int) -> list[Notice]:
    """Claim notices that are due."""
    query = (
        select(notices, users.c.user_id, users.c.email, users.c.language)
        .join(users, notices.c.owner_id == users.c.id)
        .where(notices.c.due_at <= ledger.now)
        .order_by(notices.c.id)
        .limit(limit)
        .with_for_update(of=notices, skip_locked=True)
    )
    found = ledger.connection.execute(query).all()
    claimed = update(notices).where(notices.c.id.in_([row.id for row in found]))
    if found:
        ledger.connection.execute(claimed.values(due_at=ledger.now + CLAIMED_SECONDS))
    return [
        Notice(
            row.id,
            NoticeKind(row.kind),
            row.at,
            row.user_id,
            row.serial,
            row.email,
            row.language,
            row.attempts,
        )
        for row in found
    ]


def sent(ledger: Ledger, notice: Notice) -> None:
    """Forget a notice."""
    ledger.connection.execute(delete(notices).where(notices.c.id == notice.id))


def failed(ledger: Ledger, notice: Notice) -> None:
    """Make it due again later, each time twice as late; after MOST_ATTEMPTS give it up."""
    attempts = notice.attempts + 1
    if attempts >= MOST_ATTEMPTS:
        sent(ledger, notice)
        ledger.note_server("given_up", {"kind": notice.kind.value, "serial": notice.serial})
        return
    wait = min(_FIRST_WAIT * 2**notice.attempts, _LONGEST_WAIT)
    values = {"attempts": attempts, "due_at": ledger.now + wait}
    ledger.connection.execute(update(notices).where(notices.c.id == notice.id).values(**values))
