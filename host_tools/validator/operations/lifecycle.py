"""A token's lifecycle after its import: assignment, block, replacement, deletion; its window and
clock.

Every operation takes locked tokens, changes them and records the change in their audit chain.
"""

from sqlalchemy import ColumnElement, select

from host_tools.messages.catalogue import Message, listed
from host_tools.validator.app_records import ApprovalState
from host_tools.validator.errors import ConflictError
from host_tools.validator.operations import outbox
from host_tools.validator.operations.token_limits import (
    checked_look_ahead,
    checked_ppm,
    checked_window,
)
from host_tools.validator.records import APP, NoticeKind, Status
from host_tools.validator.rule.drift import TokenClock
from host_tools.validator.store import token_rows
from host_tools.validator.store.bulk_statements import BulkQuery
from host_tools.validator.store.rows import ApprovalRow, TokenRow, UserRow
from host_tools.validator.store.tables import (
    app_devices,
    app_sessions,
    approvals,
    chains,
    challenges,
    openid_grants,
    openid_sessions,
    tokens,
    users,
)
from host_tools.validator.store.unit_of_work import UnitOfWork, chain_row

_ACTIVATED = BulkQuery(
    select(tokens.c.id).where(
        tokens.c.status.in_((Status.ACTIVE.value, Status.BLOCKED.value)), tokens.c.kind != APP
    ),
    tokens.c.owner_id,
)


def assign(unit: UnitOfWork, token: TokenRow, user: UserRow) -> None:
    """Assign a token from stock to a user; ConflictError when it is theirs already, or cannot be
    assigned."""
    if token.owner_id == user.id and token.status in (Status.ASSIGNED, Status.ACTIVE):
        raise ConflictError("token-assigned-already", serial=token.serial, user_id=user.user_id)
    require_status(token, "token-cannot-be-assigned", Status.STOCK)
    token.owner_id, token.status = user.id, Status.ASSIGNED.value
    unit.record(token, "assign", {"user_id": user.user_id})


def unassign(unit: UnitOfWork, token: TokenRow) -> None:
    """Put a code token back into stock."""
    require_code_token(token)
    if token.status == Status.STOCK:
        raise ConflictError("token-in-stock", serial=token.serial)
    if token.activated_at is not None:
        end_sessions(unit, token)
    token.owner_id, token.activated_at = None, None
    token.status = Status.STOCK.value
    clear_activation_code(token)
    unit.record(token, "unassign", {})


def block(unit: UnitOfWork, token: TokenRow, reason: str) -> None:
    """Refuse a token's codes from now on, and notify its user."""
    require_status(token, "token-cannot-be-blocked", Status.ACTIVE, Status.ASSIGNED)
    token.status = Status.BLOCKED.value
    unit.record(token, "block", {"reason": reason[:200]})
    outbox.queue(unit, NoticeKind.BLOCKED, token)


def unblock(unit: UnitOfWork, token: TokenRow) -> None:
    """Undo a block or a lock. A token that was never activated waits for its activation again. The
    sessions from before a block stay ended, and so does what was approved and not used yet."""
    require_status(
        token, "token-cannot-be-unblocked", Status.BLOCKED, Status.ACTIVE, Status.ASSIGNED
    )
    if token.status == Status.BLOCKED:
        status = Status.ASSIGNED if token.activated_at is None else Status.ACTIVE
        others = activated_tokens(unit, [token.owner_id] if token.owner_id is not None else [])
        if (
            status is Status.ACTIVE
            and token.kind != APP
            and any(other.status == Status.ACTIVE and other.id != token.id for other in others)
        ):
            raise ConflictError("user-has-active-token")
        token.status = status.value
        end_sessions(unit, token)
        given = approvals.c.state == ApprovalState.APPROVED.value
        cancel_approvals(unit, approvals.c.answered_by == token.serial, given, ~approvals.c.used)
    clear_failures(token)
    unit.record(token, "unblock", {})


def replace(unit: UnitOfWork, new: TokenRow, serial: str, block_old: bool) -> None:
    """Assign `new` to the user of the token `serial`, and block that one if asked to."""
    old = unit.lock_token(serial)
    if old.owner_id is None:
        raise ConflictError("token-unassigned", serial=old.serial)
    owner = unit.connection.execute(select(users).where(users.c.id == old.owner_id)).one()
    assign(unit, new, unit.checked(users, UserRow(*owner)))
    if block_old and old.status in (Status.ACTIVE, Status.ASSIGNED):
        block(unit, old, f"replaced by {new.serial}")


def delete_token(unit: UnitOfWork, token: TokenRow) -> None:
    """Delete a token and its secret; its audit chain ends with the entry that says so."""
    unit.record(token, "delete", {})
    unit.flush()
    end_sessions(unit, token)
    for table in (app_devices, challenges):
        unit.delete(table, table.c.token_id == token.id)
    unit.delete_token(token)
    unit.insert(chains, chain_row(token.serial, token.chain_head))
    unit.record_server_event("delete", {"serial": token.serial})


def set_window(
    unit: UnitOfWork, token: TokenRow, window: int | None, look_ahead: int | None
) -> None:
    """Set the window (steps to either side), the look-ahead (counters), or both."""
    require_code_token(token)
    changes: dict[str, int] = {}
    if window is not None:
        token.tolerance = changes["window"] = checked_window(window)
    if look_ahead is not None:
        token.look_ahead = changes["look_ahead"] = checked_look_ahead(look_ahead)
    unit.record(token, "window", changes)


def reset_clock(unit: UnitOfWork, token: TokenRow, set_at: float | None) -> None:
    """Forget the drift of a clock that was set at `set_at` (Unix seconds; None: now)."""
    require_code_token(token)
    set_at = unit.now if set_at is None else set_at
    token_rows.set_clock(token, TokenClock(0.0, set_at, ppm=token.clock_ppm))
    unit.record(token, "clock", {"set_at": set_at})


def set_clock_ppm(unit: UnitOfWork, token: TokenRow, ppm: float) -> None:
    """Set the clock's largest rate error; it bounds the drift that is estimated from the next
    code on."""
    require_code_token(token)
    token.clock_ppm = checked_ppm(ppm)
    unit.record(token, "clock", {"ppm": ppm})


def activated_tokens(unit: UnitOfWork, owners: list[int]) -> list[TokenRow]:
    """Lock the active and blocked code tokens of users, who are given by id."""
    found = _ACTIVATED.execute(unit.connection, owners).scalars().all()
    locked = unit.lock_tokens(found)
    return [locked[number] for number in found if number in locked]


def end_sessions(unit: UnitOfWork, token: TokenRow) -> None:
    """End for good the sessions that were opened with a token, and their access tokens."""
    for table in (app_sessions, openid_sessions, openid_grants):
        unit.delete(table, table.c.token_id == token.id)


def end_sign_ins(unit: UnitOfWork, user: UserRow) -> int:
    """End for good a user's sessions at the OpenID provider, with whatever token they were opened,
    and their access tokens; give how many sessions were open."""
    over = openid_sessions.c.owner_id == user.id, openid_sessions.c.ends_at <= unit.now
    unit.delete(openid_sessions, *over)
    unit.delete(openid_grants, openid_grants.c.owner_id == user.id)
    return unit.delete(openid_sessions, openid_sessions.c.owner_id == user.id)


def cancel_approvals(
    unit: UnitOfWork, *matching: ColumnElement[bool], forget_owner: bool = False
) -> None:
    """Cancel approvals that wait or were given, and forget who gave them; or who was asked, too."""
    query = select(approvals).where(*matching).order_by(approvals.c.id).with_for_update()
    for found in unit.connection.execute(query).all():
        row = unit.checked(approvals, ApprovalRow(*found))
        cancelled = row._replace(
            owner_id=None if forget_owner else row.owner_id,
            state=ApprovalState.CANCELLED.value,
            answered_at=unit.now,
            answered_by=None,
            key_kind=None,
        )
        unit.update(approvals, row, cancelled)


def clear_activation_code(token: TokenRow) -> None:
    """Void the code of the activation letter."""
    token.activation_hash, token.activation_key = None, None
    token.activation_expires_at, token.activation_tries = None, 0


def clear_failures(token: TokenRow) -> None:
    """Forget the failures in a row and the lock."""
    token.failures, token.locked_until = 0, 0.0


def require_code_token(token: TokenRow) -> None:
    """Raise KodebrikError for an app device, which has no codes and no clock, and is no other
    user's after this one."""
    if token.kind == APP:
        raise ConflictError("token-is-app", serial=token.serial)


def require_status(token: TokenRow, identifier: str, *allowed: Status) -> None:
    """Raise KodebrikError unless the token has one of the allowed states; `identifier` names the
    message that says what is refused."""
    if token.status not in allowed:
        raise ConflictError(
            identifier,
            serial=token.serial,
            status=Message("token-status." + token.status),
            allowed=listed("list-or", [Message("token-status." + one) for one in allowed]),
        )
