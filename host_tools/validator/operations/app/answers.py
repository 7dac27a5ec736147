"""Approvals as the user's devices see and answer them.

An answer is accepted once: the approval's row is locked, and written on the condition that it is
still as it was read; the device's row likewise.
"""

import hmac
import secrets
from dataclasses import replace

from sqlalchemy import Connection, and_, or_, select

from host_tools.messages import catalogue
from host_tools.secret import Secret
from host_tools.validator.app_records import (
    Answer,
    AnswerDecision,
    AppKey,
    AppKeyKind,
    AppReason,
    ApprovalKind,
    ApprovalLimits,
    ApprovalState,
    AppVerdict,
    Ended,
    SignedAnswer,
    Waiting,
    WaitingApproval,
)
from host_tools.validator.errors import NotFoundError
from host_tools.validator.operations import lifecycle, outbox
from host_tools.validator.operations.app import approvals as asked_for
from host_tools.validator.operations.app import devices, reports, sessions
from host_tools.validator.operations.app.sessions import Holder
from host_tools.validator.records import NoticeKind
from host_tools.validator.rule import app_keys, signed_texts
from host_tools.validator.store.data_keys import DataKeys
from host_tools.validator.store.rows import ApprovalRow, TokenRow, UserRow
from host_tools.validator.store.tables import approvals
from host_tools.validator.store.unit_of_work import UnitOfWork


def waiting(connection: Connection, keys: DataKeys, holder: Holder, now: float) -> Waiting:
    """Give what waits for a device's user, and what they have reported."""
    query = (
        select(approvals)
        .where(
            approvals.c.owner_id == holder.owner.id,
            or_(
                and_(
                    approvals.c.state == ApprovalState.WAITING.value,
                    approvals.c.expires_at > now,
                ),
                approvals.c.reported,
            ),
        )
        .order_by(approvals.c.id)
    )
    rows = [ApprovalRow(*row) for row in connection.execute(query)]
    for row in rows:
        keys.check(connection, approvals, row, holder.owner.audit_key)
    report = next((reports.report_of(row) for row in rows if row.reported), None)
    shown = rows if report is None else []
    return Waiting(now, [waiting_of(row, holder.owner) for row in shown], report)


def waiting_of(row: ApprovalRow, owner: UserRow) -> WaitingApproval:
    """Give an approval as the user's devices see it."""
    return WaitingApproval(
        row.reference,
        row.nonce,
        row.party,
        row.party_name,
        owner.user_id,
        ApprovalKind(row.kind),
        row.text,
        row.amount,
        row.currency,
        row.account,
        row.place,
        int(row.created_at),
        row.expires_at,
        row.extensions,
        "" if row.kind == ApprovalKind.TEXT else owner.language,
    )


def answer(unit: UnitOfWork, session: Secret, given: SignedAnswer) -> AppVerdict:
    """Decide about an answer, and carry it out when it is accepted; SessionEndedError without an
    open session."""
    if given.decision is AnswerDecision.REPORT:
        sessions.lock_devices(unit, session)  # nothing is approved on another meanwhile
    holder = sessions.require(unit, session)
    token, _, owner = holder
    reason = sessions.usable(unit, token)
    if reason is not AppReason.ACCEPTED:
        return _refused(unit, token, given, reason)
    rows = _lock(unit, owner, given.approval)
    row = _shown(unit, rows, given.approval)
    if row is None:
        return _refused(unit, token, given, AppReason.UNKNOWN)
    reason = _reason(unit, holder, row, given)
    if reason is AppReason.WRONG_DIGITS:
        return _wrong_digits(unit, holder, row, given)
    if reason is not AppReason.ACCEPTED:
        return _refused(unit, token, given, reason)
    token.last_accepted_at = unit.now
    _record(unit, holder, row, given.decision.value)
    ended = None
    if given.decision is AnswerDecision.APPROVE:
        _approve(unit, holder, row)
    elif given.decision is AnswerDecision.DECLINE:
        _decline(unit, holder, row)
    else:
        ended = _report(unit, holder, row, rows)
    accepted = sessions.verdict(unit, token, AppReason.ACCEPTED, tries_left=row.tries)
    return replace(accepted, ended=ended)


def extend(
    unit: UnitOfWork, session: Secret, reference: str, limits: ApprovalLimits
) -> WaitingApproval:
    """Let an approval wait longer, as approvals.prolonged() does."""
    holder = sessions.require(unit, session)
    row = _shown(unit, _lock(unit, holder.owner, reference), reference)
    if row is None or sessions.usable(unit, holder.token) is not AppReason.ACCEPTED:
        raise NotFoundError("approval-unknown")
    return waiting_of(asked_for.prolonged(unit, row, limits), holder.owner)


def practice(
    holder: Holder, now: float, limits: ApprovalLimits, language: str | None
) -> WaitingApproval:
    """Make an approval to practise on, in a language; None: the user's."""
    language = language or holder.owner.language
    sentence = catalogue.text(language, "approval.practice")
    return WaitingApproval(
        "practice",
        secrets.token_urlsafe(32),
        "practice",
        catalogue.text(language, "approval.practice-party"),
        holder.owner.user_id,
        ApprovalKind.TEXT,
        sentence,
        "",
        "",
        "",
        "",
        int(now),
        now + limits.life,
        asked_for.EXTENSIONS,
        language,
    )


def practise(
    connection: Connection,
    keys: DataKeys,
    holder: Holder,
    given: SignedAnswer,
    asked: WaitingApproval,
) -> AppVerdict:
    """Say whether a practice approval was signed as an approval must be."""
    token, device, owner = holder
    sealed_by = keys.get(connection, token.data_key)
    public = sealed_by.decrypt_secret(token.encrypted_secret, token.serial).reveal()
    key = AppKey(AppKeyKind(device.key_kind), public, device.credential_id)
    said = Answer(token.serial, given.counter, given.decision, given.digits)
    message = signed_texts.answer(said, replace(asked, user_id=owner.user_id), practice=True)
    right = app_keys.proves(key, given.proof, message, given.site)
    reason = AppReason.ACCEPTED if right else AppReason.WRONG_SIGNATURE
    return AppVerdict(reason, token.last_step)


def _lock(unit: UnitOfWork, owner: UserRow, reference: str) -> list[ApprovalRow]:
    """Lock all of a user's that waits, was not used yet, or was reported, in the order in which
    every transaction does, with the one that is answered whatever its state."""
    query = (
        select(approvals)
        .where(
            approvals.c.owner_id == owner.id,
            or_(
                approvals.c.state == ApprovalState.WAITING.value,
                and_(approvals.c.state == ApprovalState.APPROVED.value, ~approvals.c.used),
                approvals.c.reported,
                approvals.c.reference == reference,
            ),
        )
        .order_by(approvals.c.id)
        .with_for_update()
    )
    return [unit.checked(approvals, ApprovalRow(*row)) for row in unit.connection.execute(query)]


def _shown(unit: UnitOfWork, rows: list[ApprovalRow], reference: str) -> ApprovalRow | None:
    """Give the approval that a device names; None when the user was never shown it, as it came
    while they reported another."""
    hidden = any(row.reported for row in rows)
    for row in rows:
        waits = asked_for.state_of(row, unit.now) is ApprovalState.WAITING
        if row.reference == reference and not (hidden and waits):
            return row
    return None


def _reason(unit: UnitOfWork, holder: Holder, row: ApprovalRow, given: SignedAnswer) -> AppReason:
    """Judge an answer; one with a right signature moves the device's counter. A report counts
    whatever has become of the approval: it may have ended while the user said so."""
    if not _is_proven(unit, holder, row, given):
        return AppReason.WRONG_SIGNATURE
    if given.counter <= holder.token.last_step:
        return AppReason.REPLAYED
    holder.token.last_step = given.counter
    if given.decision is AnswerDecision.REPORT:
        return AppReason.ACCEPTED
    state = asked_for.state_of(row, unit.now)
    if state is not ApprovalState.WAITING:
        return AppReason.EXPIRED if state is ApprovalState.EXPIRED else AppReason.NOT_WAITING
    approves = given.decision is AnswerDecision.APPROVE
    if approves and not hmac.compare_digest(given.digits.encode(), row.digits.encode()):
        return AppReason.WRONG_DIGITS
    return AppReason.ACCEPTED


def _is_proven(unit: UnitOfWork, holder: Holder, row: ApprovalRow, given: SignedAnswer) -> bool:
    said = Answer(holder.token.serial, given.counter, given.decision, given.digits)
    message = signed_texts.answer(said, waiting_of(row, holder.owner))
    key = devices.key_of(unit, holder.token, holder.device)
    return app_keys.proves(key, given.proof, message, given.site)


def _wrong_digits(
    unit: UnitOfWork, holder: Holder, row: ApprovalRow, given: SignedAnswer
) -> AppVerdict:
    """Count wrong digits; the third end the approval."""
    left = row.tries - 1
    fewer = row._replace(tries=left)
    if left:
        unit.update(approvals, row, fewer)
    else:
        _decline(unit, holder, row, fewer)
        _record(unit, holder, row, AppReason.WRONG_DIGITS.value)
    return _refused(unit, holder.token, given, AppReason.WRONG_DIGITS, tries_left=left)


def _approve(unit: UnitOfWork, holder: Holder, row: ApprovalRow) -> None:
    approved = row._replace(
        state=ApprovalState.APPROVED.value,
        answered_at=unit.now,
        answered_by=holder.token.serial,
        key_kind=holder.device.key_kind,
    )
    unit.update(approvals, row, approved)
    if holder.owner.notify_on_use:
        outbox.queue(unit, NoticeKind.USED, holder.token)


def _report(unit: UnitOfWork, holder: Holder, row: ApprovalRow, rows: list[ApprovalRow]) -> Ended:
    """Take the report of an approval, one of the user's that are locked: end what else waits, or
    was given and not used yet. Who has reported another is asked nothing already."""
    if any(one.reported for one in rows):
        return Ended(asked_for.state_of(row, unit.now))
    state = reports.report(unit, holder.owner, holder.token, row)
    declined = cancelled = 0
    for other in rows:
        if other.id == row.id:
            continue
        if asked_for.state_of(other, unit.now) is ApprovalState.WAITING:
            _decline(unit, holder, other)
            _record(unit, holder, other, AnswerDecision.DECLINE.value)
            declined += 1
        elif other.state == ApprovalState.APPROVED:
            asked_for.set_cancelled(unit, other)
            if not asked_for.is_too_late(other, unit.now):
                _record(unit, holder, other, "cancel")
                cancelled += 1
    return Ended(state, declined, cancelled, lifecycle.end_sign_ins(unit, holder.owner))


def _record(unit: UnitOfWork, holder: Holder, row: ApprovalRow, action: str) -> None:
    """Record what became of an approval, as the user's history tells it."""
    asked = waiting_of(row, holder.owner)
    detail = {
        "approval": asked.id,
        "party_name": asked.party_name,
        "text": asked.text,
        "language": asked.language,
    }
    unit.record(holder.token, action, detail)


def _decline(
    unit: UnitOfWork, holder: Holder, row: ApprovalRow, changed: ApprovalRow | None = None
) -> None:
    declined = (changed or row)._replace(
        state=ApprovalState.DECLINED.value, answered_at=unit.now, answered_by=holder.token.serial
    )
    unit.update(approvals, row, declined)


def _refused(
    unit: UnitOfWork,
    token: TokenRow,
    given: SignedAnswer,
    reason: AppReason,
    *,
    tries_left: int = 0,
) -> AppVerdict:
    unit.record(token, "answer", {"reason": reason.value, "approval": given.approval[:22]})
    return sessions.verdict(unit, token, reason, tries_left=tries_left)
