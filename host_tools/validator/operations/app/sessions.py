"""Sessions of app devices: opened by what the device signs, with its PIN or user verification.

Whoever does not hold the device's key learns nothing and changes nothing: a wrong signature is
refused alike for every device and for none, and counts for nobody.
"""

import hmac
import math
from collections.abc import Iterator, Sized
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, true

from host_tools.secret import Secret
from host_tools.validator.app_records import (
    AppAct,
    AppReason,
    AppSession,
    AppVerdict,
    SignedChallenge,
)
from host_tools.validator.errors import SessionEndedError
from host_tools.validator.operations import outbox
from host_tools.validator.operations.app import challenges, devices
from host_tools.validator.records import APP, NoticeKind, Status
from host_tools.validator.rule import app_keys, lockout, opaque_ids, signed_texts
from host_tools.validator.store import audit_root
from host_tools.validator.store.data_keys import DataKeys
from host_tools.validator.store.rows import (
    AppDeviceRow,
    AppSessionRow,
    AuditRootRow,
    TokenRow,
    UserRow,
)
from host_tools.validator.store.tables import app_devices, app_sessions, tokens, users
from host_tools.validator.store.tables import audit_root as root_table
from host_tools.validator.store.unit_of_work import UnitOfWork


class Holder(NamedTuple):
    """Who has a session: the device, and its user."""

    token: TokenRow
    device: AppDeviceRow
    owner: UserRow


def open_session(
    unit: UnitOfWork, asked: SignedChallenge, pin: str, seconds: float
) -> tuple[AppVerdict, AppSession | None]:
    """Open a session of so many seconds for the device that has signed."""
    token = unit.find_token(asked.device)
    if token is None:
        unit.idle_mac()
    device = devices.find_row(unit, token)
    message = signed_texts.session(asked.challenge, asked.device, asked.counter)
    if token is None or device is None or not _is_proven(unit, asked, token, device, message):
        if token is None or device is None:
            challenges.is_fresh(unit.key, asked.challenge, unit.now)
            app_keys.prove_nothing(asked.proof, message)
        return AppVerdict(AppReason.REFUSED), None
    reason = _judged(unit, token, device, asked.counter, pin)
    if reason is not AppReason.ACCEPTED:
        unit.record(token, "app_session", {"reason": reason.value})
        return _verdict_on(unit, token, reason), None
    token.last_accepted_at = unit.now
    unit.record(token, "app_session", {"reason": reason.value})
    owner = _owner(unit, token)
    unit.delete(app_sessions, app_sessions.c.ends_at <= unit.now)
    session = opaque_ids.draw()
    ends_at = unit.now + seconds
    unit.insert(app_sessions, AppSessionRow(opaque_ids.hashed(session), token.id, ends_at))
    opened = AppSession(session, ends_at, token.serial, device.name, owner.user_id)
    return verdict(unit, token, reason), opened


def prove_again(
    unit: UnitOfWork, session: Secret, asked: SignedChallenge, pin: str, act: AppAct, *what: str
) -> tuple[Holder, AppVerdict]:
    """Decide about what a device signs anew inside its session, with its PIN if it has one; a
    wrong PIN counts. SessionEndedError without an open session."""
    holder = require(unit, session)
    token, device, _ = holder
    message = signed_texts.anew(act, asked.challenge, token.serial, asked.counter, *what)
    if not _is_proven(unit, asked, token, device, message):
        return holder, verdict(unit, token, AppReason.WRONG_SIGNATURE)
    reason = _judged(unit, token, device, asked.counter, pin)
    unit.record(token, act.value, {"reason": reason.value})
    return holder, _verdict_on(unit, token, reason)


def close(unit: UnitOfWork, session: Secret) -> None:
    """Close a session."""
    unit.delete(app_sessions, app_sessions.c.hash == opaque_ids.hashed(session))


def lock_devices(unit: UnitOfWork, session: Secret) -> None:
    """Lock all devices of who has a session, if it is one."""
    own = (
        select(tokens.c.owner_id)
        .join(app_sessions, app_sessions.c.token_id == tokens.c.id)
        .where(app_sessions.c.hash == opaque_ids.hashed(session))
        .scalar_subquery()
    )
    query = select(tokens.c.id).where(tokens.c.owner_id == own, tokens.c.kind == APP)
    unit.lock_tokens((), unit.connection.execute(query).scalars())


def require(unit: UnitOfWork, session: Secret) -> Holder:
    """Give who has an open session, the device locked; SessionEndedError when there is none. A
    blocked device has its session still."""
    query = select(app_sessions).where(app_sessions.c.hash == opaque_ids.hashed(session))
    row = unit.find(app_sessions, AppSessionRow, query)
    if row is None or row.ends_at <= unit.now:
        raise _ended()
    token = unit.lock_tokens([row.token_id]).get(row.token_id)
    device = devices.find_row(unit, token)
    if token is None or device is None:
        raise _ended()
    return Holder(token, device, _owner(unit, token))


def find(connection: Connection, keys: DataKeys, session: Secret, now: float) -> Holder:
    """Give who has an open session, to read only; SessionEndedError when there is none, or the
    device is blocked."""
    query = (
        select(app_sessions, tokens, app_devices, users, root_table)
        .join(tokens, app_sessions.c.token_id == tokens.c.id)
        .join(app_devices, app_devices.c.token_id == tokens.c.id)
        .join(users, tokens.c.owner_id == users.c.id)
        .join(root_table, true())
        .where(app_sessions.c.hash == opaque_ids.hashed(session))
    )
    found = connection.execute(query).one_or_none()
    if found is None:
        raise _ended()
    columns = iter(found)
    row = AppSessionRow(*_first(columns, app_sessions.columns))
    token = TokenRow(*_first(columns, tokens.columns))
    device = AppDeviceRow(*_first(columns, app_devices.columns))
    owner = UserRow(*_first(columns, users.columns))
    newest = audit_root.checked(connection, keys, AuditRootRow(*columns)).audit_key
    keys.check(connection, app_sessions, row, newest)
    keys.check(connection, tokens, token, newest)
    keys.check(connection, app_devices, device, newest)
    keys.check(connection, users, owner, newest)
    if row.ends_at <= now or token.status != Status.ACTIVE:
        raise _ended()
    return Holder(token, device, owner)


def count_failure(unit: UnitOfWork, token: TokenRow) -> None:
    """Count a wrong PIN, with the consequences of a wrong code."""
    consequence = lockout.after_failure(token.failures, unit.now)
    token.failures, token.locked_until = consequence.failures, consequence.locked_until
    if consequence.blocked:
        token.status = Status.BLOCKED.value
        outbox.queue(unit, NoticeKind.BLOCKED, token)


def verdict(
    unit: UnitOfWork, token: TokenRow, reason: AppReason, *, tries_left: int = 0
) -> AppVerdict:
    """Give a verdict with what a device may learn of itself."""
    locked = lockout.is_locked(token.failures, token.locked_until, unit.now)
    retry_after = math.ceil(token.locked_until - unit.now) if locked else 0
    return AppVerdict(reason, token.last_step, tries_left, retry_after)


def usable(unit: UnitOfWork, token: TokenRow) -> AppReason:
    """Say whether a device may do anything now: ACCEPTED, REMOVED, BLOCKED or LOCKED_OUT."""
    if token.status == Status.REPLACED:
        return AppReason.REMOVED
    if token.status != Status.ACTIVE or token.kind != APP:
        return AppReason.BLOCKED
    if lockout.is_locked(token.failures, token.locked_until, unit.now):
        return AppReason.LOCKED_OUT
    return AppReason.ACCEPTED


def _judged(
    unit: UnitOfWork, token: TokenRow, device: AppDeviceRow, counter: int, pin: str
) -> AppReason:
    """Judge what came with a right signature; a wrong PIN counts, a right one ends the count."""
    reason = usable(unit, token)
    if reason is not AppReason.ACCEPTED:
        return reason
    if counter <= token.last_step:
        return AppReason.REPLAYED
    token.last_step = counter
    if device.pin is not None:
        if not _is_pin(unit, token, device, pin):
            count_failure(unit, token)
            return AppReason.WRONG_PIN
        devices.renewed(unit, token, device, pin)
    token.failures, token.locked_until = 0, 0.0
    return AppReason.ACCEPTED


def _verdict_on(unit: UnitOfWork, token: TokenRow, reason: AppReason) -> AppVerdict:
    """Give the verdict on what was judged, with the tries that are left after a wrong PIN."""
    left = lockout.tries_left(token.failures) if reason is AppReason.WRONG_PIN else 0
    return verdict(unit, token, reason, tries_left=left)


def _is_proven(
    unit: UnitOfWork, asked: SignedChallenge, token: TokenRow, device: AppDeviceRow, message: bytes
) -> bool:
    fresh = challenges.is_fresh(unit.key, asked.challenge, unit.now)
    key = devices.key_of(unit, token, device)
    return app_keys.proves(key, asked.proof, message, asked.site) and fresh


def _is_pin(unit: UnitOfWork, token: TokenRow, device: AppDeviceRow, pin: str) -> bool:
    if device.pin is None or device.pin_key is None:
        return False
    key = unit.keys.get(unit.connection, device.pin_key)
    return hmac.compare_digest(key.hash("app pin", token.serial, pin), device.pin)


def _owner(unit: UnitOfWork, token: TokenRow) -> UserRow:
    owner = unit.find(users, UserRow, select(users).where(users.c.id == token.owner_id))
    if owner is None:
        raise _ended()
    return owner


def _ended() -> SessionEndedError:
    return SessionEndedError("app-session-ended")


def _first(values: Iterator[Any], columns: Sized) -> list[Any]:
    return [next(values) for _ in range(len(columns))]
