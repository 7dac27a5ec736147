"""Approvals as relying parties ask for them, wait for them and use them.

Whether the user exists makes no difference to who asks: the same rows are written, with the same
statements and MACs, and what is asked of nobody waits and expires. So does what is asked of a user
who has reported an approval.
"""

import hashlib
import math
import re
import secrets
from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, func, select

from host_tools.messages import catalogue
from host_tools.messages.catalogue import LANGUAGES
from host_tools.validator import user_id
from host_tools.validator.app_records import (
    AppKeyKind,
    Approval,
    ApprovalKind,
    ApprovalLimits,
    ApprovalRequest,
    ApprovalState,
)
from host_tools.validator.errors import (
    ConflictError,
    InvalidError,
    NotFoundError,
    TooManyRequestsError,
)
from host_tools.validator.formatting import number
from host_tools.validator.operations import users
from host_tools.validator.operations.app import reports
from host_tools.validator.records import Status
from host_tools.validator.rule.shown_texts import is_shown
from host_tools.validator.store import audit_root
from host_tools.validator.store.data_keys import DataKeys
from host_tools.validator.store.row_ids import new_id
from host_tools.validator.store.rows import ApprovalRow, TokenRow
from host_tools.validator.store.tables import approvals, tokens
from host_tools.validator.store.unit_of_work import UnitOfWork

KEPT_SECONDS = 86400.0  # that an approval stays after it was asked for
EXTENSIONS = 10  # WCAG 2.2, 2.2.1: ten times by a simple action
DIGIT_TRIES = 3
_HOUR = 3600.0
_NONCE_BYTES = 32
_REFERENCE_BYTES = 16
_AMR = {AppKeyKind.WEBAUTHN: ("hwk", "user"), AppKeyKind.PIN: ("swk", "pin")}  # RFC 8176
_USE_SECONDS = 600.0  # after the answer, in which an approval can be used
_AMOUNT = re.compile(r"(?!0\.00)(?:0|[1-9][0-9]{0,11})\.[0-9]{2}")
_CURRENCY = re.compile("[A-Z]{3}")
_ACCOUNT = re.compile("(?!.{43})[0-9A-Za-z]+(?: [0-9A-Za-z]+)*")
_ANY = next(iter(LANGUAGES))  # the language for who asks, and for nobody


def request(unit: UnitOfWork, asked: ApprovalRequest, limits: ApprovalLimits) -> Approval:
    """Ask a user for an approval; an earlier one of the same session is cancelled.
    TooManyRequestsError when the user-ID was asked too often."""
    kind = _kind(asked)
    if not all(map(is_shown, filter(None, (asked.text, asked.place)))):
        raise InvalidError("approval-unprintable")
    normalized = user_id.normalized(asked.user_id.strip())
    subject = unit.fingerprint("approval", normalized)
    user = users.find_any(unit, asked.user_id)
    if user is None:
        unit.idle_mac()
    reached = None if reports.has_reported(unit, user) else user
    language = _ANY if reached is None else reached.language
    # Read before the requests are counted: one that comes between has this number, too.
    last = select(func.max(approvals.c.subject_sequence)).where(approvals.c.subject == subject)
    following = (unit.connection.execute(last).scalar() or 0) + 1
    _require_few(unit, subject, asked.party.id, limits)
    session = hashlib.sha256(asked.session.encode()).digest()
    _cancel_of_session(unit, asked.party.id, session)
    old = approvals.c.created_at < unit.now - KEPT_SECONDS
    unit.delete(approvals, old, ~approvals.c.reported)
    now = math.floor(unit.now)
    row = ApprovalRow(
        id=new_id(),
        reference=secrets.token_urlsafe(_REFERENCE_BYTES),
        subject=subject,
        subject_sequence=following,
        owner_id=None if reached is None else reached.id,
        party=asked.party.id,
        party_name=asked.party.name,
        session=session,
        nonce=secrets.token_urlsafe(_NONCE_BYTES),
        kind=kind.value,
        text=_sentence(kind, asked, asked.party.name, language),
        amount=asked.amount,
        currency=asked.currency,
        account=asked.account,
        place=asked.place,
        digits=f"{secrets.randbelow(100):02}",
        created_at=float(now),
        expires_at=unit.now + limits.life,
        extensions=EXTENSIONS,
        tries=DIGIT_TRIES,
        state=ApprovalState.WAITING.value,
        reported=False,
        answered_at=None,
        answered_by=None,
        key_kind=None,
        used=False,
    )
    written = unit.insert(approvals, row)
    detail = {"party": asked.party.id, "user": subject, "approval": row.reference}
    unit.record_server_event("ask_approval", detail)
    return approval_of(written, unit.now)


def find(
    connection: Connection, keys: DataKeys, parties: Collection[str], reference: str, now: float
) -> Approval:
    """Give an approval that one of the parties has asked for; KodebrikError when there is none."""
    found = find_any(connection, keys, parties, reference, now)
    if found is None:
        raise _unknown()
    return found


def find_any(
    connection: Connection, keys: DataKeys, parties: Collection[str], reference: str, now: float
) -> Approval | None:
    """Give an approval that one of the parties has asked for; None when there is none."""
    row = _read(connection, keys, _named(reference))
    return None if row is None or row.party not in parties else approval_of(row, now)


def state(
    connection: Connection, keys: DataKeys, reference: str, now: float
) -> ApprovalState | None:
    """Give the state of an approval to whoever knows its id; None when there is none."""
    row = _read(connection, keys, _named(reference))
    return None if row is None else state_of(row, now)


def of_session(
    connection: Connection, keys: DataKeys, party: str, session: str, now: float
) -> Approval | None:
    """Give the newest approval that a party has asked for in a browser session; None without
    one."""
    hashed = hashlib.sha256(session.encode()).digest()
    mine = (approvals.c.party == party) & (approvals.c.session == hashed)
    row = _read(connection, keys, mine)
    return None if row is None else approval_of(row, now)


def cancel(unit: UnitOfWork, parties: Collection[str], reference: str) -> Approval:
    """Take back an approval that waits; one that does not stays as it is."""
    row = _lock(unit, parties, reference)
    if state_of(row, unit.now) is ApprovalState.WAITING:
        row = set_cancelled(unit, row)
    return approval_of(row, unit.now)


def extend(
    unit: UnitOfWork, parties: Collection[str], reference: str, limits: ApprovalLimits
) -> Approval:
    """Let an approval wait longer, as prolonged() does."""
    return approval_of(prolonged(unit, _lock(unit, parties, reference), limits), unit.now)


def prolonged(unit: UnitOfWork, row: ApprovalRow, limits: ApprovalLimits) -> ApprovalRow:
    """Let an approval wait for its whole life from now, on behalf of who asked or who is asked;
    KodebrikError when it does not wait, or both together have done so ten times."""
    if state_of(row, unit.now) is not ApprovalState.WAITING or not row.extensions:
        raise ConflictError("approval-not-extended")
    longer = row._replace(expires_at=unit.now + limits.life, extensions=row.extensions - 1)
    return unit.update(approvals, row, longer)


def use(
    unit: UnitOfWork, parties: Collection[str], reference: str, typed: str | None = None
) -> bool:
    """Use an approval: True once, when it was approved a short while ago with a device that was not
    blocked or removed since; with a user-ID, by that user."""
    row = _lock(unit, parties, reference)
    if row.state != ApprovalState.APPROVED or row.used or is_too_late(row, unit.now):
        return False
    if not _is_active(unit, row.answered_by):
        return False
    if typed is not None:
        user = users.find_any(unit, typed)
        if user is None or user.id != row.owner_id:
            return False
    unit.update(approvals, row, row._replace(used=True))
    unit.record_server_event("use_approval", {"party": row.party, "approval": reference})
    return True


def _is_active(unit: UnitOfWork, serial: str | None) -> bool:
    """Say whether a device is active. It is not locked: an answer locks devices before
    approvals."""
    found = unit.connection.execute(select(tokens).where(tokens.c.serial == serial)).one_or_none()
    if found is None:
        return False
    return unit.checked(tokens, TokenRow(*found)).status == Status.ACTIVE


def set_cancelled(unit: UnitOfWork, row: ApprovalRow) -> ApprovalRow:
    """Cancel an approval that waits or was given, and forget who gave it."""
    cancelled = row._replace(
        state=ApprovalState.CANCELLED.value,
        answered_at=unit.now,
        answered_by=None,
        key_kind=None,
    )
    return unit.update(approvals, row, cancelled)


def is_too_late(row: ApprovalRow, now: float) -> bool:
    """Say whether an approval that was given can be used no more."""
    return row.answered_at is None or now > row.answered_at + _USE_SECONDS


def state_of(row: ApprovalRow, now: float) -> ApprovalState:
    """Give the state at a time."""
    state = ApprovalState(row.state)
    if state is ApprovalState.WAITING and row.expires_at <= now:
        return ApprovalState.EXPIRED
    return state


def approval_of(row: ApprovalRow, now: float) -> Approval:
    """Give what who asked sees of an approval."""
    state = state_of(row, now)
    left = math.ceil(row.expires_at - now) if state is ApprovalState.WAITING else 0
    return Approval(
        row.reference,
        state,
        row.digits,
        # In the user's language it would tell whether there is such a user.
        _sentence(ApprovalKind(row.kind), row, row.party_name, _ANY),
        row.created_at,
        row.expires_at,
        row.answered_at,
        row.answered_by,
        () if row.key_kind is None else _AMR[AppKeyKind(row.key_kind)],
        row.extensions,
        left,
    )


def _kind(asked: ApprovalRequest) -> ApprovalKind:
    if not asked.amount and not asked.account and not asked.currency:
        return ApprovalKind.TEXT if asked.text else ApprovalKind.SIGN_IN
    if (
        asked.text
        or not _AMOUNT.fullmatch(asked.amount)
        or not _CURRENCY.fullmatch(asked.currency)
        or not _ACCOUNT.fullmatch(asked.account)
    ):
        raise InvalidError("approval-payment-invalid")
    return ApprovalKind.PAYMENT


def _sentence(
    kind: ApprovalKind, asked: ApprovalRequest | ApprovalRow, party: str, language: str
) -> str:
    """Give the sentence that the user reads and the device signs."""
    if kind is ApprovalKind.TEXT:
        return asked.text
    if kind is ApprovalKind.SIGN_IN:
        return catalogue.text(language, "approval.sign-in", party=party)
    return catalogue.text(
        language,
        "approval.transfer-kroner" if asked.currency == "DKK" else "approval.transfer",
        amount=number(float(asked.amount), language, 0 if asked.amount.endswith(".00") else 2),
        currency=asked.currency,
        account=asked.account,
    )


def _require_few(unit: UnitOfWork, subject: str, party: str, limits: ApprovalLimits) -> None:
    query = select(approvals).where(
        approvals.c.subject == subject,
        approvals.c.created_at > unit.now - _HOUR,
        approvals.c.state != ApprovalState.APPROVED.value,
    )
    rows = [unit.checked(approvals, ApprovalRow(*row)) for row in unit.connection.execute(query)]
    # One of more than an hour from now was made before the clock was put back.
    hour = [row for row in rows if abs(row.created_at - unit.now) < _HOUR]
    own = [row.created_at for row in hour if row.party == party]
    free = [
        *_free_again(own, limits.per_hour),
        *_free_again([row.created_at for row in hour], limits.per_hour_in_all),
    ]
    if free and max(free) > unit.now:
        raise TooManyRequestsError("approvals-too-many", seconds=max(free) - unit.now)


def _free_again(times: list[float], most: int) -> list[float]:
    """Give when one more than these within an hour is not too many, if it is now."""
    over = len(times) - most
    return [sorted(times)[over] + _HOUR] if over >= 0 else []


def _cancel_of_session(unit: UnitOfWork, party: str, session: bytes) -> None:
    query = select(approvals).where(
        approvals.c.party == party,
        approvals.c.session == session,
        approvals.c.state == ApprovalState.WAITING.value,
    )
    row = unit.find(approvals, ApprovalRow, query.with_for_update())
    if row is not None:
        set_cancelled(unit, row)


def _lock(unit: UnitOfWork, parties: Collection[str], reference: str) -> ApprovalRow:
    query = select(approvals).where(_named(reference)).with_for_update()
    row = unit.find(approvals, ApprovalRow, query)
    if row is None or row.party not in parties:
        raise _unknown()
    return row


def _read(
    connection: Connection, keys: DataKeys, matching: ColumnElement[bool]
) -> ApprovalRow | None:
    """Read the newest approval that matches."""
    query = select(approvals).where(matching).order_by(approvals.c.id.desc()).limit(1)
    found = audit_root.find_row(connection, keys, approvals, ApprovalRow, query)
    return None if found is None else found[0]


def _named(reference: str) -> ColumnElement[bool]:
    return approvals.c.reference == (reference if reference.isprintable() else "")


def _unknown() -> NotFoundError:
    return NotFoundError("approval-unknown")
