"""Users: their user-ID, where notices reach them, and the PIN that some of them give with a
code."""

import re

from sqlalchemy import and_, or_, select

from host_tools.messages.catalogue import LANGUAGES
from host_tools.secret import Secret
from host_tools.validator import user_id
from host_tools.validator.app_records import ApprovalState
from host_tools.validator.errors import ConflictError, InvalidError, NotFoundError
from host_tools.validator.operations import lifecycle
from host_tools.validator.records import APP, PIN_LENGTHS
from host_tools.validator.store.audit_chain import Detail
from host_tools.validator.store.row_ids import new_id
from host_tools.validator.store.rows import UserRow
from host_tools.validator.store.tables import (
    approvals,
    notices,
    tokens,
    users,
)
from host_tools.validator.store.unit_of_work import UnitOfWork

# What would make several addresses, a name or a comment of one in a mail's header (RFC 5322, 3.4).
_NOT_IN_ADDRESS = re.compile(r'[ ,;:<>()"\\]')
_LONGEST_EMAIL = 254  # characters; RFC 5321 section 4.5.3.1.3


def find(unit: UnitOfWork, typed: str) -> UserRow:
    """Give the user with a user-ID; KodebrikError when there is none."""
    found = find_any(unit, typed)
    if found is None:
        raise no_user(typed)
    return found


def no_user(typed: str) -> NotFoundError:
    """Make the error that there is no such user."""
    return NotFoundError("user-unknown", user_id=typed[: user_id.SHOWN])


def find_any(unit: UnitOfWork, typed: str) -> UserRow | None:
    """Give the user with a user-ID; None when there is none."""
    return _find(unit, user_id.normalized(typed.strip()) if typed.isprintable() else "")


def create(unit: UnitOfWork, typed: str, email: str | None, language: str) -> UserRow:
    """Create a user; KodebrikError for a user-ID against the rules, or one that is taken."""
    shown = unit.user_ids.validated(typed)
    if _find(unit, user_id.normalized(shown)) is not None:
        raise ConflictError("user-id-taken", user_id=shown)
    _check_contact(email, language)
    row = UserRow(
        id=new_id(),
        user_id=shown,
        normalized_id=user_id.normalized(shown),
        created_at=unit.now,
        email=email,
        language=language,
        notify_on_use=False,
        pin=None,
        pin_key=None,
    )
    user = unit.insert(users, row)
    unit.record_row_event(users, user, "create_user", {"user_id": shown})
    return user


def find_or_create(unit: UnitOfWork, typed: str) -> UserRow:
    """Give the user with a user-ID; a new one is created, without an address."""
    found = _find(unit, user_id.normalized(unit.user_ids.validated(typed)))
    return create(unit, typed, None, next(iter(LANGUAGES))) if found is None else found


def set_contact(
    unit: UnitOfWork, user: UserRow, email: str | None, language: str, notify_on_use: bool
) -> None:
    """Set where and of what a user is notified."""
    _check_contact(email, language)
    changed = user._replace(email=email, language=language, notify_on_use=notify_on_use)
    detail: Detail = {"user_id": user.user_id, "notify_on_use": notify_on_use}
    unit.record_row_event(users, unit.update(users, user, changed), "set_user", detail)


def set_pin(unit: UnitOfWork, user: UserRow, pin: Secret | None) -> None:
    """Store a keyed hash of the PIN, or none."""
    hashed, key_id = None, None
    if pin is not None:
        text = pin.reveal().decode()
        if len(text) not in PIN_LENGTHS or not text.isprintable():
            raise InvalidError("pin-invalid")
        key = unit.key
        hashed, key_id = key.hash("pin", user.normalized_id, text), key.id
    changed = unit.update(users, user, user._replace(pin=hashed, pin_key=key_id))
    detail: Detail = {"user_id": user.user_id, "pin": pin is not None}
    unit.record_row_event(users, changed, "set_pin", detail)


def renew_pin(unit: UnitOfWork, user: UserRow, pin: str) -> None:
    """Hash a PIN that was given rightly with the newest data key, when an older one has hashed it:
    key rotation cannot, for it does not know the PIN."""
    if user.pin is None or user.pin_key == unit.key.id:
        return
    hashed = unit.key.hash("pin", user.normalized_id, pin)
    changed = unit.update(users, user, user._replace(pin=hashed, pin_key=unit.key.id))
    unit.record_row_event(users, changed, "renew_pin", {"user_id": user.user_id})


def delete_user(unit: UnitOfWork, user: UserRow) -> None:
    """Delete a user; their code tokens go back into stock, their app devices are deleted."""
    query = select(tokens.c.id).where(tokens.c.owner_id == user.id)
    ids = unit.connection.execute(query).scalars().all()
    locked = unit.lock_tokens(ids)
    for number in ids:
        if locked[number].kind == APP:
            lifecycle.delete_token(unit, locked[number])
        else:
            lifecycle.unassign(unit, locked[number])
    unit.flush()
    _end_approvals(unit, user)
    lifecycle.end_sign_ins(unit, user)
    unit.delete(notices, notices.c.owner_id == user.id)
    unit.delete(users, users.c.id == user.id)
    unit.record_server_event("delete_user", {"user_id": user.user_id})


def _end_approvals(unit: UnitOfWork, user: UserRow) -> None:
    """Cancel what waits for a user or was not used yet, and let it stay as if nobody was asked: who
    has asked is told so. What is over goes with the user."""
    state, mine = approvals.c.state, approvals.c.owner_id == user.id
    waits = and_(state == ApprovalState.WAITING.value, approvals.c.expires_at > unit.now)
    unused = and_(state == ApprovalState.APPROVED.value, ~approvals.c.used)
    lifecycle.cancel_approvals(unit, mine, or_(waits, unused), forget_owner=True)
    unit.delete(approvals, mine)


def _find(unit: UnitOfWork, normalized: str) -> UserRow | None:
    query = select(users).where(users.c.normalized_id == normalized)
    return unit.find(users, UserRow, query)


def _check_contact(email: str | None, language: str) -> None:
    if language not in LANGUAGES:
        raise InvalidError(
            "user-language-unknown", language=language[:10], choices=", ".join(LANGUAGES)
        )
    if email is None:
        return
    name, at, domain = email.rpartition("@")
    # What a mail server accepts is for it to say; but nothing here may end a header line.
    if (
        not (name and at and domain)
        or len(email) > _LONGEST_EMAIL
        or not email.isprintable()
        or _NOT_IN_ADDRESS.search(email) is not None
    ):
        raise InvalidError("email-invalid")
