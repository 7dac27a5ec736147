"""Checks of a batch of codes in one transaction: find the tokens, apply the rule in order, record
what it changed."""

import hmac
import secrets
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import Row, and_, bindparam, select

from host_tools.otp import codes
from host_tools.validator import user_id
from host_tools.validator.operations import challenges, outbox, unattributed, users
from host_tools.validator.records import APP, NoticeKind, Status
from host_tools.validator.rule.acceptance import Decision, TokenState, decide
from host_tools.validator.rule.code_search import CodeGenerator
from host_tools.validator.rule.drift import TokenClock, estimated_offset
from host_tools.validator.rule.verdict import CheckRequest, Reason, Verdict
from host_tools.validator.store import token_rows
from host_tools.validator.store.audit_chain import Detail, Event
from host_tools.validator.store.bulk_statements import BulkQuery
from host_tools.validator.store.rows import ChallengeRow, TokenRow, UserRow
from host_tools.validator.store.tables import tokens
from host_tools.validator.store.tables import users as user_table
from host_tools.validator.store.unit_of_work import UnitOfWork

_NOBODY = -1  # the id of no user
_OTHER_TOKENS = 4  # of the same user that a wrong code is compared with
# Which of a user's tokens is checked: the lowest.
_PREFERENCE = {Status.ACTIVE: 0, Status.BLOCKED: 1, Status.ASSIGNED: 2, Status.REPLACED: 3}

_USERS = select(user_table, tokens.c.id.label("token_id"), tokens.c.status).join(
    tokens, and_(tokens.c.owner_id == user_table.c.id, tokens.c.kind != APP), isouter=True
)
# cheaper than IN
_USER_BY_NAME = _USERS.where(user_table.c.normalized_id == bindparam("normalized"))
_USERS_BY_NAME = BulkQuery(_USERS, user_table.c.normalized_id)
_USERS_BY_ID = BulkQuery(select(user_table), user_table.c.id)
_same_owners = tokens.alias()
_TOKEN_IDS = BulkQuery(
    select(tokens.c.id, tokens.c.serial, _same_owners.c.id.label("other_id"))
    .join(
        _same_owners,
        and_(
            _same_owners.c.owner_id == tokens.c.owner_id,
            _same_owners.c.id != tokens.c.id,
            _same_owners.c.kind != APP,
        ),
        isouter=True,
    )
    .where(tokens.c.kind != APP),
    tokens.c.serial,
)

Named = tuple[str, str]  # what a request names: "user" or "serial", and its normalized text


class _Found(NamedTuple):
    """The token that a request is checked with, and the newest others of the same user, by their
    ids."""

    token_id: int | None = None
    others: tuple[int, ...] = ()


_NOTHING = _Found()


def check(unit: UnitOfWork, requests: Sequence[CheckRequest]) -> list[Verdict]:
    """Check the codes in order. The verdicts count when the unit of work is committed.

    A refused check costs the same statements and MACs for every user, known or not, whatever the
    state of the token: what it lacks is made up for with work that has no effect.
    """
    named = [_named(request) for request in requests]
    names = {text for kind, text in named if kind == "user"}
    serials = {text for kind, text in named if kind == "serial"}
    by_user = _users_by_name(unit, names) if names else {}
    by_serial = _tokens_by_serial(unit, serials) if serials else {}
    found = [*(found for _, found in by_user.values()), *by_serial.values()]
    locked = unit.lock_tokens(
        [one.token_id for one in found if one.token_id is not None],
        besides=chain.from_iterable(one.others for one in found),
    )
    owners: dict[int | None, UserRow] = {user.id: user for user, _ in by_user.values()}
    if serials:
        unknown = {token.owner_id for token in locked.values()} - {None, *owners}
        owners |= _users_by_id(unit, unknown)
    verdicts: list[Verdict] = []
    unattributed_tries: list[Event] = []
    proven: dict[int, tuple[UserRow, str]] = {}
    for request, (kind, text) in zip(requests, named, strict=True):
        if kind == "user":
            owner, found_now = by_user.get(text, (None, _NOTHING))
            token = locked.get(found_now.token_id or 0)
            if token is not None and (owner is None or token.owner_id != owner.id):
                token = None  # it was reassigned between the two statements
        else:
            found_now = by_serial.get(text, _NOTHING)
            token = locked.get(found_now.token_id or 0)
            owner = None if token is None else owners.get(token.owner_id)
        if owner is None:
            unit.idle_mac()  # as for the seal of a user
        if token is not None:
            verdicts.append(_check_token(unit, request, token, found_now.others, owner))
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


def _users_by_name(unit: UnitOfWork, normalized: set[str]) -> dict[str, tuple[UserRow, _Found]]:
    """Give users with their tokens, by normalized user-ID."""
    if len(normalized) == 1:
        found = unit.connection.execute(_USER_BY_NAME, {"normalized": next(iter(normalized))})
    else:
        found = _USERS_BY_NAME.execute(unit.connection, sorted(normalized))
    rows: dict[str, list[Row[*tuple[Any, ...]]]] = {}
    for row in found.all():
        rows.setdefault(row.normalized_id, []).append(row)
    return {name: _chosen(unit, of_user) for name, of_user in rows.items()}


def _chosen(unit: UnitOfWork, rows: list[Row[*tuple[Any, ...]]]) -> tuple[UserRow, _Found]:
    """Choose among a user's tokens; `rows` has one for each, or one without a token."""
    rows.sort(key=lambda row: (_PREFERENCE.get(row.status, 9), -(row.token_id or 0)))
    *columns, token_id, _ = rows[0]
    user = unit.checked(user_table, UserRow(*columns))
    return user, _Found(token_id, _newest(row.token_id for row in rows[1:]))


def _newest(ids: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(ids, reverse=True)[:_OTHER_TOKENS])


def _users_by_id(unit: UnitOfWork, ids: set[int | None]) -> dict[int | None, UserRow]:
    found = _USERS_BY_ID.execute(unit.connection, list(ids) or [_NOBODY])
    return {row.id: unit.checked(user_table, UserRow(*row)) for row in found}


def _tokens_by_serial(unit: UnitOfWork, serials: set[str]) -> dict[str, _Found]:
    rows: dict[str, list[Row[*tuple[Any, ...]]]] = {}
    for row in _TOKEN_IDS.execute(unit.connection, sorted(serials)):
        rows.setdefault(row.serial, []).append(row)
    return {
        serial: _Found(
            of_token[0].id, _newest(row.other_id for row in of_token if row.other_id is not None)
        )
        for serial, of_token in rows.items()
    }


def _check_token(
    unit: UnitOfWork,
    request: CheckRequest,
    token: TokenRow,
    others: Sequence[int],
    owner: UserRow | None,
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
        others=lambda: _other_tokens(unit, others, token.owner_id),
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
    decide(nobodys, request.code, unit.now, others=lambda: _other_tokens(unit, (), None))
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


def _other_tokens(unit: UnitOfWork, ids: Sequence[int], owner_id: int | None) -> list[TokenState]:
    """Give other tokens of the same user."""
    found = [token for token in map(unit.token_besides, ids) if token is not None]
    unit.idle_mac(_OTHER_TOKENS - len(found))
    others = [token for token in found if token.owner_id == owner_id]
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
