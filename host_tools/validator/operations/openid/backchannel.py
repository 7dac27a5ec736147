"""Authentication without a browser (OpenID Connect Client-Initiated Backchannel Authentication in
poll mode): an application asks a user by their user-ID, who approves in the app.

It asks for the outcome with the identifier that it was given: 32 random bytes, of which the
database holds the SHA-256. Who asks too soon must wait longer each time (section 11).
"""

from sqlalchemy import select

from host_tools.secret import Secret
from host_tools.validator.app_records import (
    Approval,
    ApprovalLimits,
    ApprovalRequest,
    ApprovalState,
)
from host_tools.validator.operations.app import approvals
from host_tools.validator.operations.openid import approved, grants
from host_tools.validator.records import (
    BackchannelOutcome,
    BackchannelPoll,
    BackchannelStart,
    OpenIdRequest,
)
from host_tools.validator.rule import opaque_ids
from host_tools.validator.store.rows import OpenIdBackchannelRow
from host_tools.validator.store.tables import openid_backchannel
from host_tools.validator.store.unit_of_work import UnitOfWork

INTERVAL = 5.0  # seconds between two polls, and by which it grows
_ENDED = {
    ApprovalState.EXPIRED: BackchannelOutcome.EXPIRED,
    ApprovalState.DECLINED: BackchannelOutcome.DENIED,
    ApprovalState.CANCELLED: BackchannelOutcome.DENIED,
}


def begin(  # noqa: PLR0913, PLR0917 - what an application asks
    unit: UnitOfWork,
    client: str,
    scope: str,
    acr: str,
    asked: ApprovalRequest,
    limits: ApprovalLimits,
) -> BackchannelStart:
    """Ask a user, known or not, for an approval; give by what its outcome is asked for."""
    approval = approvals.request(unit, asked, limits)
    # Kept for a while longer, so that the application hears that it has expired.
    unit.delete(openid_backchannel, openid_backchannel.c.ends_at <= unit.now - limits.life)
    request_id = opaque_ids.draw()
    row = OpenIdBackchannelRow(
        hash=opaque_ids.hashed(request_id),
        client=client,
        scope=scope,
        acr=acr,
        party=asked.party.id,
        approval=approval.id,
        interval=INTERVAL,
        next_poll_at=unit.now,
        ends_at=approval.expires_at,
    )
    unit.insert(openid_backchannel, row)
    return BackchannelStart(request_id, approval.digits, approval.expires_at - unit.now, INTERVAL)


def poll(unit: UnitOfWork, request_id: Secret, client: str, sector: str) -> BackchannelPoll:
    """Tell a client the outcome, which is told once: with an approval it gets an access token."""
    query = select(openid_backchannel).where(
        openid_backchannel.c.hash == opaque_ids.hashed(request_id)
    )
    row = unit.find(openid_backchannel, OpenIdBackchannelRow, query.with_for_update())
    if row is None or row.client != client:
        return BackchannelPoll(BackchannelOutcome.UNKNOWN)
    if unit.now < row.next_poll_at:
        longer = row.interval + INTERVAL
        after = row._replace(interval=longer, next_poll_at=unit.now + longer)
        unit.update(openid_backchannel, row, after)
        return BackchannelPoll(BackchannelOutcome.SLOW_DOWN)
    approval = approvals.find_any(unit.connection, unit.keys, [row.party], row.approval, unit.now)
    if approval is not None and approval.state is ApprovalState.WAITING:
        after = row._replace(next_poll_at=unit.now + row.interval, ends_at=approval.expires_at)
        unit.update(openid_backchannel, row, after)
        return BackchannelPoll(BackchannelOutcome.PENDING)
    unit.delete(openid_backchannel, openid_backchannel.c.hash == row.hash)
    ended = _ended(approval, in_time=unit.now < row.ends_at)
    if ended is not None:
        return BackchannelPoll(ended)
    session = None if approval is None else approved.use(unit, row.party, approval)
    if session is None:
        return BackchannelPoll(BackchannelOutcome.DENIED)
    wanted = OpenIdRequest(client, sector, "", row.scope, None, "")
    return BackchannelPoll(
        BackchannelOutcome.APPROVED, *grants.give(unit, session, wanted, row.acr)
    )


def _ended(approval: Approval | None, *, in_time: bool) -> BackchannelOutcome | None:
    """Say how it ended without being approved; None when it was approved. One that is gone was
    answered, and went with its user; or it is a day old."""
    if approval is None:
        return BackchannelOutcome.DENIED if in_time else BackchannelOutcome.EXPIRED
    return _ENDED.get(approval.state)
