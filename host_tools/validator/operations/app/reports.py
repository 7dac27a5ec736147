"""Reports: a user has said "It was not me" about an approval, and is asked nothing until they, or
the help desk, lift the report.

The approval that was reported is kept until then: its column `reported` is the report.
"""

from sqlalchemy import Connection, Select, select

from host_tools.validator import user_id
from host_tools.validator.app_records import ApprovalState, Report
from host_tools.validator.errors import NotFoundError
from host_tools.validator.operations import lifecycle, outbox
from host_tools.validator.records import NoticeKind
from host_tools.validator.store import audit_root
from host_tools.validator.store.data_keys import DataKeys
from host_tools.validator.store.rows import ApprovalRow, TokenRow, UserRow
from host_tools.validator.store.tables import approvals, users
from host_tools.validator.store.unit_of_work import UnitOfWork

_REPORTED = select(approvals).where(approvals.c.reported).limit(1)
_NOBODY = -1  # the id of no user
LIFTED, LIFTED_BY_SUPPORT = "lift", "lift_by_support"  # as the audit and the history say it


def has_reported(unit: UnitOfWork, user: UserRow | None) -> bool:
    """Say whether a user is asked nothing; it costs the same for every user, and for nobody."""
    found = _find(unit, _NOBODY if user is None else user.id)
    if found is None:
        unit.idle_mac()
    return found is not None


def of_user(connection: Connection, keys: DataKeys, typed: str) -> Report | None:
    """Give the report by which a user is asked nothing; None when there is none."""
    normalized = user_id.normalized(typed.strip()) if typed.isprintable() else ""
    query = _REPORTED.join(users, approvals.c.owner_id == users.c.id)
    mine = query.where(users.c.normalized_id == normalized)
    found = audit_root.find_row(connection, keys, approvals, ApprovalRow, mine)
    return None if found is None else report_of(found[0])


def report_of(row: ApprovalRow) -> Report:
    """Give the report about an approval that was reported."""
    at, device = row.answered_at, row.answered_by
    assert at is not None and device is not None  # noqa: S101, PT018 - as answers.py writes it
    state = ApprovalState(row.state)
    return Report(row.reference, at, device, row.party_name, row.text, row.place, state)


def report(unit: UnitOfWork, owner: UserRow, token: TokenRow, row: ApprovalRow) -> ApprovalState:
    """Take a user's report of an approval on a device, and notify them; give the approval's state
    from now on. What waits or has expired is declined, what was given and not used yet is
    cancelled."""
    state = ApprovalState(row.state)
    if state is ApprovalState.WAITING:
        state = ApprovalState.DECLINED
    elif state is ApprovalState.APPROVED and not row.used:
        state = ApprovalState.CANCELLED
    reported = row._replace(
        state=state.value,
        reported=True,
        answered_at=unit.now,
        answered_by=token.serial,
        key_kind=row.key_kind if row.used else None,
    )
    unit.update(approvals, row, reported)
    outbox.queue(unit, NoticeKind.REPORTED, token)
    return state


def lift(unit: UnitOfWork, owner: UserRow, reference: str, token: TokenRow) -> None:
    """Let a user be asked again, who has said so about that report on a device; KodebrikError when
    it is not what they are asked nothing by."""
    row = _find(unit, owner.id)
    if row is None or row.reference != reference:
        raise _unknown()
    unit.record(token, LIFTED, {"report": reference})
    _end(unit, owner, row)
    outbox.queue(unit, NoticeKind.LIFTED, token)


def lift_for(unit: UnitOfWork, owner: UserRow) -> None:
    """Let a user be asked again, whoever asks for that; KodebrikError when they have reported
    nothing."""
    row = _find(unit, owner.id)
    if row is None:
        raise _unknown()
    device = report_of(row).device
    token = unit.find_token(device)
    detail = {"report": row.reference, "user_id": owner.user_id}
    if token is None:  # it was deleted
        unit.record_server_event(LIFTED_BY_SUPPORT, detail)
    else:
        unit.record(token, LIFTED_BY_SUPPORT, detail)
    _end(unit, owner, row)
    outbox.queue_for(unit, NoticeKind.LIFTED_BY_SUPPORT, owner.id, device)


def _end(unit: UnitOfWork, owner: UserRow, row: ApprovalRow) -> None:
    unit.update(approvals, row, row._replace(reported=False))
    # Another worker may have asked while the user reported.
    waits = approvals.c.state == ApprovalState.WAITING.value
    lifecycle.cancel_approvals(unit, approvals.c.owner_id == owner.id, waits)


def _find(unit: UnitOfWork, owner_id: int) -> ApprovalRow | None:
    return unit.find(approvals, ApprovalRow, _of(owner_id))


def _of(owner_id: int) -> Select[tuple[object, ...]]:
    return _REPORTED.where(approvals.c.owner_id == owner_id)


def _unknown() -> NotFoundError:
    return NotFoundError("report-unknown")
