"""The outbox of notices to users. A notice is queued in the transaction that it tells of, so that
none is lost or made up."""

import logging
from typing import Literal

from sqlalchemy import select

from host_tools.validator.errors import AlteredError
from host_tools.validator.records import APP, Notice, NoticeKind, Product
from host_tools.validator.store.row_ids import new_id
from host_tools.validator.store.rows import NoticeRow, TokenRow, UserRow
from host_tools.validator.store.tables import notices, tokens, users
from host_tools.validator.store.unit_of_work import UnitOfWork

log = logging.getLogger("kodebrik.notices")

CLAIMED_SECONDS = 120  # that a worker has for sending before the notice is due again
MAX_ATTEMPTS = 12
# A notice that is due for so long is not sent: nobody sends any, or did not while it was news.
SENT_WITHIN = 86400  # seconds
_FIRST_WAIT, _LONGEST_WAIT = 60, 86400  # seconds
_NOTICE = len(NoticeRow._fields)
_USER = _NOTICE + len(UserRow._fields)
_logged: set[int] = set()  # ids of notices


def queue(unit: UnitOfWork, kind: NoticeKind, token: TokenRow) -> None:
    """Queue a notice about a token to its user."""
    if token.owner_id is None:
        raise ValueError("a token without a user has nobody to notify")
    queue_for(unit, kind, token.owner_id, token.serial)


def queue_for(unit: UnitOfWork, kind: NoticeKind, owner_id: int, serial: str) -> None:
    """Queue a notice to a user, about a token that may be deleted. Those that nobody has sent while
    they were due are removed."""
    unit.delete(notices, notices.c.due_at <= unit.now - SENT_WITHIN)
    unit.insert(
        notices,
        NoticeRow(
            id=new_id(),
            kind=kind.value,
            at=unit.now,
            owner_id=owner_id,
            serial=serial,
            attempts=0,
            due_at=unit.now,
        ),
    )


def claim_due(unit: UnitOfWork, limit: int) -> list[Notice]:
    """Claim up to `limit` notices that are due; for CLAIMED_SECONDS no other worker gets them."""
    query = (
        select(notices, users, tokens)
        .join(users, notices.c.owner_id == users.c.id)
        .outerjoin(tokens, notices.c.serial == tokens.c.serial)  # it may be deleted by now
        .where(notices.c.due_at <= unit.now, notices.c.due_at > unit.now - SENT_WITHIN)
        .order_by(notices.c.id)
        .limit(limit)
        .with_for_update(of=notices, skip_locked=True)
    )
    claimed = []
    for columns in unit.connection.execute(query).all():
        row = NoticeRow(*columns[:_NOTICE])
        user = UserRow(*columns[_NOTICE:_USER])
        token = None if columns[_USER] is None else TokenRow(*columns[_USER:])
        try:
            unit.checked(notices, row)
            unit.checked(users, user)  # to whose address it is sent
            if token is not None:
                unit.checked(tokens, token)
        except AlteredError as error:
            _log_once(row.id, error)
            continue
        unit.update(notices, row, row._replace(due_at=unit.now + CLAIMED_SECONDS))
        claimed.append(_notice(row, user, token))
    return claimed


def remove(unit: UnitOfWork, notice: Notice) -> None:
    """Remove a notice that was delivered."""
    unit.delete(notices, notices.c.id == notice.id)


def postpone(unit: UnitOfWork, notice: Notice) -> bool:
    """Make a failed notice due again, each time after twice the wait; give up after
    MAX_ATTEMPTS. Say whether it is due again."""
    attempts = notice.attempts + 1
    if attempts >= MAX_ATTEMPTS:
        remove(unit, notice)
        unit.record_server_event("given_up", {"kind": notice.kind.value, "serial": notice.serial})
        return False
    query = select(notices).where(notices.c.id == notice.id).with_for_update()
    row = unit.find(notices, NoticeRow, query)
    if row is None:  # its user was deleted meanwhile
        return False
    wait = min(_FIRST_WAIT * 2**notice.attempts, _LONGEST_WAIT)
    unit.update(notices, row, row._replace(attempts=attempts, due_at=unit.now + wait))
    return True


def _notice(row: NoticeRow, user: UserRow, token: TokenRow | None) -> Notice:
    return Notice(
        row.id,
        NoticeKind(row.kind),
        row.at,
        user.user_id,
        row.serial,
        _product(token),
        user.email,
        user.language,
        row.attempts,
    )


def _product(token: TokenRow | None) -> Product | Literal["app"] | None:
    if token is None:
        return None
    if token.kind == APP:
        return APP
    return None if token.product is None else Product(token.product)


def _log_once(notice_id: int, error: AlteredError) -> None:
    """Log that a notice is not sent; the outbox is looked into every second."""
    if notice_id not in _logged:
        _logged.add(notice_id)
        log.error("A notice is not sent. %s %s", error.message, error.hint)
