"""Checks of a batch of codes in one transaction: find the tokens, apply the rule in order, record
what it changed."""

import hmac
import secrets
from collections.abc import Sequence

from sqlalchemy import bindparam, select

from host_tools.otp import codes
from host_tools.validator import user_id
from host_tools.validator.operations import challenges, outbox, unattributed, users
from host_tools.validator.records import NoticeKind, Status
from host_tools.validator.rule.acceptance import Decision, TokenState, decide
from host_tools.validator.rule.code_search import CodeGenerator
from host_tools.validator.rule.drift import TokenClock, estimated_offset
from host_tools.validator.rule.verdict import CheckRequest, Reason, Verdict
from host_tools.validator.store import token_rows
from host_tools.validator.store.audit_chain import Detail, Event
from host_tools.validator.store.rows import ChallengeRow, TokenRow, UserRow
from host_tools.validator.store.tables import tokens
from host_tools.validator.store.tables import users as user_table
from host_tools.validator.store.unit_of_work import UnitOfWork

_NOBODY = -1  # the id of no user
_OTHER_TOKENS = 4  # of the same user that a wrong code is compared with
# Which of a user's tokens is checked: the lowest.
_PREFERENCE = {Status.ACTIVE: 0, Status.BLOCKED: 1, Status.ASSIGNED: 2, Status.REPLACED: 3}

_USERS = select(user_table, tokens.c.id.label("token_id"), tokens.c.status).join(
    tokens, tokens.c.owner_id == user_table.c.id, isouter=True
)
# cheaper than IN
_USER_BY_NAME = _USERS.where(user_table.c.normalized_id == bindparam("normalized"))
_USERS_BY_NAME = _USERS.where(
    user_table.c.normalized_id.in_(bindparam("normalized", expanding=True))
)
_USERS_BY_ID = select(user_table).where(user_table.c.id.in_(bindparam("ids", expanding=True)))
_TOKEN_IDS = select(tokens.c.id, tokens.c.serial).where(
    tokens.c.serial.in_(bindparam("serials", expanding=True))
)
_OTHERS = (
    select(tokens)
    .where(tokens.c.owner_id == bindparam("owner"), tokens.c.id != bindparam("but"))
    .order_by(tokens.c.id.desc())
    .limit(_OTHER_TOKENS)
)

Named = tuple[str, str]  # what a request names: "user" or "serial", and its normalized text


def check(unit: UnitOfWork, requests: Sequence[CheckRequest]) -> list[Verdict]:
    """Check the codes in order. The verdicts count when the unit of work is committed.

    A refused check costs the same statements and MACs for every user, known or not, whatever the
    state of the token: what it lacks is made up for with work that has no effect.
    """
    named = [_named(request) for request in requests]
    names = {text for kind, text in named if kind == "user"}
    serials = {text for kind, text in named if kind == "serial"}
    by_user = _users_by_name(unit, names) if names else {}
    token_ids = _token_ids(unit, serials) if serials else {}
    wanted = {token_id for _, token_id in by_user.values() if token_id is not None}
    locked = unit.lock_tokens(wanted | set(token_ids.values()))
    owners: dict[int | None, UserRow] = {user.id: user for user, _ in by_user.values()}
    if serials:
        unknown = {token.owner_id for token in locked.values()} - {None, *owners}
        owners |= _users_by_id(unit, unknown)
    verdicts: list[Verdict] = []
    unattributed_tries: list[Event] = []
    proven: dict[int, tuple[UserRow, str]] = {}
    for request, (kind, text) in zip(requests, named, strict=True):
        if kind == "user":
            owner, token_id = by_user.get(text, (None, None))
            token = locked.get(token_id or 0)
            if token is not None and (owner is None or token.owner_id != owner.id):
                token = None  # it was reassigned between the two statements
        else:
            token = locked.get(token_ids.get(text, 0))
            owner = None if token is None else owners.get(token.owner_id)
        if owner is None:
            unit.idle_mac()  # as for the seal of a user
        if token is not None:
            verdicts.append(_check_token(unit, request, token, owner))
            if owner is not None and verdicts[-1].accepted and request.pin is not None:
                proven[owner.id] = owner, request.pin
            continue
        verdict, event = _check_unattributed(unit, request, (kind, text), owner)
        verdicts.append(verdict)
        unattributed_tries.append(event)
    for owner, pin in proven.values():
        users.renew_pin(unit, owner, pin)
    if unattributed_tries:
        unattributed.record(unit, unattributed.lock(unit), unattributed_tries)
    return verdicts


def _named(request: CheckRequest) -> Named:
    if (request.user_id is None) == (request.serial is None):
        raise ValueError("a request names either a user or a token")
    if request.user_id is not None:
        text = request.user_id.strip()
        return "user", user_id.normalized(text) if text.isprintable() else ""
    serial = "".join((request.serial or "").split())
    return "serial", serial if serial.isprintable() else ""


def _users_by_name(unit: UnitOfWork, normalized: set[str]) -> dict[str, tuple[UserRow, int | None]]:
    """Give users with the id of the token that they are checked with, by normalized user-ID."""
    if len(normalized) == 1:
        found = unit.connection.execute(_USER_BY_NAME, {"normalized": next(iter(normalized))})
    else:
        found = unit.connection.execute(_USERS_BY_NAME, {"normalized": sorted(normalized)})
    chosen: dict[str, tuple[UserRow, int | None]] = {}
    for row in sorted(found, key=lambda row: _PREFERENCE.get(row.status, 9), reverse=True):
        *columns, token_id, _ = row
        chosen[row.normalized_id] = UserRow(*columns), token_id
    for user, _ in chosen.values():
        unit.checked(user_table, user)
    return chosen


def _users_by_id(unit: UnitOfWork, ids: set[int | None]) -> dict[int | None, UserRow]:
    found = unit.connection.execute(_USERS_BY_ID, {"ids": list(ids) or [_NOBODY]})
    return {row.id: unit.checked(user_table, UserRow(*row)) for row in found}


def _token_ids(unit: UnitOfWork, serials: set[str]) -> dict[str, int]:
    found = unit.connection.execute(_TOKEN_IDS, {"serials": sorted(serials)})
    return {row.serial: row.id for row in found}


def _check_token(
    unit: UnitOfWork, request: CheckRequest, token: TokenRow, owner: UserRow | None
) -> Verdict:
    challenge = _challenge(unit, request, token)
    before = token_rows.state_of(token, unit.secret(token))
    decision = decide(
        before,
        request.code,
        unit.now,
        challenge=None if challenge is None else request.challenge,
        pin=request.pin,
        pin_correct=_is_pin_correct(unit, token, owner, request.pin),
        pin_before_lock=request.pin_before_lock,
        others=lambda: _other_tokens(unit, token),
    )
    reason = decision.reason
    token_rows.set_state(token, decision.state)
    if reason is Reason.ACCEPTED and challenge is not None:
        challenges.mark_used(unit, token, challenge, request.actor)
    unit.record(token, "check", _detail(decision, unit.now), actor=request.actor)
    if owner is not None:
        if reason is Reason.ACCEPTED and owner.notify_on_use:
            outbox.queue(unit, NoticeKind.USED, token)
        if before.status is Status.ACTIVE and decision.state.status is Status.BLOCKED:
            outbox.queue(unit, NoticeKind.BLOCKED, token)
    return Verdict(reason, token.serial, decision.steps, decision.retry_after)


def _challenge(
    unit: UnitOfWork, request: CheckRequest, token: TokenRow | None
) -> ChallengeRow | None:
    """Give the challenge that the code may answer."""
    if request.challenge is None:
        return None
    if request.issue_challenge:
        return challenges.find_shown(unit, token, request.challenge)
    return challenges.find_open(unit, token, request.challenge)


def _check_unattributed(
    unit: UnitOfWork, request: CheckRequest, named: Named, owner: UserRow | None
) -> tuple[Verdict, Event]:
    _challenge(unit, request, None)
    generator = CodeGenerator("totp", secrets.token_bytes(20), "SHA1", 6, 30)
    nobodys = TokenState(Status.BLOCKED, generator, 1, 10, -1, 0, 0.0, TokenClock(0.0, unit.now))
    decide(nobodys, request.code, unit.now, others=lambda: _other_tokens(unit, None))
    kind, text = named
    reason = Reason.UNKNOWN_TOKEN if kind == "serial" else Reason.UNKNOWN_USER
    if owner is not None:
        reason = Reason.NOT_ACTIVE
    # Not the text itself: people type passwords into the wrong field.
    detail = {"reason": reason.value, kind: unit.fingerprint(kind, text)}
    return Verdict(reason), Event(unit.now, request.actor, "check", detail)


def _is_pin_correct(
    unit: UnitOfWork, token: TokenRow, owner: UserRow | None, pin: str | None
) -> bool:
    """Say whether the owner's PIN was given, or they have none.

    With a suite that has a PIN the owner needs one too: the response is computed of any PIN that
    is sent along, so it proves none.
    """
    if owner is None or owner.pin is None or owner.pin_key is None:
        unit.idle_mac()
        return token.suite is None or codes.parse_suite(token.suite).pin_hash is None
    key = unit.keys.get(unit.connection, owner.pin_key)
    return hmac.compare_digest(key.hash("pin", owner.normalized_id, pin or ""), owner.pin)


def _other_tokens(unit: UnitOfWork, token: TokenRow | None) -> list[TokenState]:
    """Give the newest of the other tokens of a token's user."""
    owner = _NOBODY if token is None or token.owner_id is None else token.owner_id
    found = unit.connection.execute(_OTHERS, {"owner": owner, "but": token.id if token else -1})
    others = [unit.checked(tokens, TokenRow(*row)) for row in found]
    unit.idle_mac(_OTHER_TOKENS - len(others))
    return [token_rows.state_of(other, unit.secret(other)) for other in others]


def _detail(decision: Decision, now: float) -> Detail:
    reason = decision.reason
    detail: dict[str, str | int | float | bool | None] = {"reason": reason.value}
    if decision.step is not None:
        detail |= {"step": decision.step, "steps": decision.steps}
    if reason is Reason.ACCEPTED and decision.state.generator.by_time:
        detail["offset"] = round(estimated_offset(decision.state.clock, now), 1)
    if decision.state.failures:
        detail["failures"] = decision.state.failures
    return detail
