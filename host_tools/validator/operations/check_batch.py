"""Checking a batch of codes in one transaction: read the rows, apply the rule in order, write what
it changed."""

import contextlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select, update

from host_tools.errors import KodebrikError
from host_tools.otp import codes
from host_tools.validator import user_id
from host_tools.validator.operations import challenges as challenging
from host_tools.validator.operations import outbox, unattributed
from host_tools.validator.records import NoticeKind, Status
from host_tools.validator.rule.acceptance import Answer, Decision, TokenState, decide, is_code_of
from host_tools.validator.rule.drift import TokenClock, believed
from host_tools.validator.rule.verdict import CheckRequest, Reason, Verdict
from host_tools.validator.rule.window import Generator
from host_tools.validator.store import token_rows
from host_tools.validator.store.audit_chain import Detail
from host_tools.validator.store.tables import challenges, tokens, users
from host_tools.validator.store.unit_of_work import Ledger

_OTHERS = 4  # tokens of the same user that a wrong code is compared with
_PREFERRED = {Status.ACTIVE: 0, Status.BLOCKED: 1, Status.ASSIGNED: 2, Status.REPLACED: 3}

_OWNED = (
    select(users, tokens.c.id.label("token_id"), tokens.c.status)
    .join(tokens, tokens.c.owner_id == users.c.id, isouter=True)
    .where(users.c.user_key.in_(bindparam("keys", expanding=True)))
)
_OWNERS = select(users).where(users.c.id.in_(bindparam("ids", expanding=True)))
_SERIALS = select(tokens.c.id, tokens.c.serial).where(
    tokens.c.serial.in_(bindparam("serials", expanding=True))
)
_SIBLINGS = (
    select(tokens)
    .where(tokens.c.owner_id == bindparam("owner"), tokens.c.id != bindparam("but"))
    .order_by(tokens.c.id.desc())
    .limit(_OTHERS)
)
_CHALLENGE = select(challenges.c.id).where(
    challenges.c.token_id == bindparam("token"),
    challenges.c.challenge == bindparam("text"),
    challenges.c.expires_at > bindparam("now"),
    challenges.c.used.is_(False),
)


@dataclass(frozen=True, slots=True)
class Target:
    """Whose code a request is: a token's row (None: there is none) and its owner's."""

    token: dict[str, Any] | None
    owner: token_rows.Row | None


def check(ledger: Ledger, requests: Sequence[CheckRequest]) -> list[Verdict]:
    """Check the codes in order. The caller flushes the ledger and commits before anybody is
    told."""
    targets = _targets(ledger, requests)
    return [
        _one(ledger, request, target) for request, target in zip(requests, targets, strict=True)
    ]


def wrong_pin(
    ledger: Ledger, row: token_rows.Row, owner: token_rows.Row | None, pin: str | None
) -> bool:
    """Say whether this is not the owner's PIN, where they have one.

    A token whose suite has a PIN needs one: its response is computed of any that is given with it,
    so it proves none.
    """
    if owner is None or owner["pin"] is None:
        return row["suite"] is not None and codes.parse_suite(row["suite"]).pin_hash is not None
    key = ledger.keys.get(ledger.connection, owner["pin_key"])
    return not hmac.compare_digest(key.hash("pin", owner["user_key"], pin or ""), owner["pin"])


def _targets(ledger: Ledger, requests: Sequence[CheckRequest]) -> list[Target]:
    connection = ledger.connection
    wanted = [_key(request) for request in requests]
    keys, serials = (
        {value for kind, value in wanted if kind == which and value} for which in ("user", "serial")
    )
    owners: dict[str, token_rows.Row] = {}
    numbers: dict[tuple[str, str], int] = {}
    if keys:
        found = connection.execute(_OWNED, {"keys": sorted(keys)}).mappings().all()
        for row in sorted(found, key=lambda row: _PREFERRED.get(row["status"], 9), reverse=True):
            owners[row["user_key"]] = dict(row)
            if row["token_id"] is not None:
                numbers["user", row["user_key"]] = row["token_id"]
    if serials:
        for number, serial in connection.execute(_SERIALS, {"serials": sorted(serials)}):
            numbers["serial", serial] = number
    loaded = ledger.load(numbers.values())
    known = {owner["id"]: owner for owner in owners.values()}
    missing = {
        row["owner_id"] for row in loaded.values() if row["owner_id"] is not None
    } - known.keys()
    if missing:
        known |= {
            row["id"]: dict(row)
            for row in connection.execute(_OWNERS, {"ids": sorted(missing)}).mappings()
        }
    targets = []
    for kind, value in wanted:
        token = loaded.get(numbers.get((kind, value), -1))
        owner = (
            owners.get(value) if kind == "user" else known.get(token["owner_id"] if token else None)
        )
        if (
            kind == "user"
            and token is not None
            and owner is not None
            and token["owner_id"] != owner["id"]
        ):
            token = None  # it changed hands between the two statements
        targets.append(Target(token, owner))
    return targets


def _key(request: CheckRequest) -> tuple[str, str]:
    if (request.user_id is None) == (request.serial is None):
        raise ValueError("a request names either a user or a token")
    if request.user_id is not None:
        text = request.user_id.strip()
        return "user", user_id.key(text) if text.isprintable() else ""
    serial = "".join((request.serial or "").split())
    return "serial", serial if serial.isprintable() else ""


def _one(ledger: Ledger, request: CheckRequest, target: Target) -> Verdict:
    if target.token is None:
        return _nobody(ledger, request, target)
    row, owner = target.token, target.owner
    state = token_rows.state(row, ledger.secret(row))
    if request.offered and request.challenge is not None:
        # What is refused here needs no word: a response to a challenge that does not wait is
        # refused below.
        with contextlib.suppress(KodebrikError):
            challenging.issue_challenge(ledger, row, request.challenge, by=request.actor)
    challenge = _waiting_challenge(ledger, row, request.challenge)
    pin_right = not wrong_pin(ledger, row, owner, request.pin)
    text = None if challenge is None else request.challenge
    decision = decide(state, Answer(request.code, text, request.pin, pin_right), ledger.now)
    reason = decision.reason
    if reason is Reason.WRONG and _is_anothers(ledger, row, request.code):
        reason = Reason.OTHER_TOKEN
    detail, changes = (
        _detail(decision, reason, ledger.now),
        token_rows.state_columns(decision.state),
    )
    ledger.note(row, "check", detail, by=request.actor, **changes)
    if reason is Reason.ACCEPTED and challenge is not None:
        ledger.connection.execute(
            update(challenges).where(challenges.c.id == challenge).values(used=True)
        )
    if owner is not None:
        if reason is Reason.ACCEPTED and owner["notify_on_use"]:
            outbox.queue(ledger, NoticeKind.USED, owner["id"], row["serial"])
        if state.status is Status.ACTIVE and decision.state.status is Status.BLOCKED:
            outbox.queue(ledger, NoticeKind.BLOCKED, owner["id"], row["serial"])
    return Verdict(reason, row["serial"], decision.steps, decision.retry_after)


def _nobody(ledger: Ledger, request: CheckRequest, target: Target) -> Verdict:
    # The same work as for a token: its duration must not tell which user-IDs exist.
    decide(_decoy(ledger.now), Answer(request.code), ledger.now)
    _siblings(ledger, -1, -1)
    kind, value = _key(request)
    reason = Reason.UNKNOWN_TOKEN if kind == "serial" else Reason.UNKNOWN_USER
    if target.owner is not None:
        reason = Reason.NOT_ACTIVE
    # Not the text itself: people type passwords into the wrong field.
    who = ledger.fingerprint(kind, value)
    unattributed.note(ledger, "check", {"reason": reason.value, kind: who}, request.actor)
    return Verdict(reason)


def _decoy(now: float) -> TokenState:
    generator = Generator("totp", secrets.token_bytes(20), "SHA1", 6, 30)
    return TokenState(Status.BLOCKED, generator, 1, 10, -1, 0, 0.0, TokenClock(0.0, now))


def _waiting_challenge(ledger: Ledger, row: token_rows.Row, text: str | None) -> int | None:
    if row["kind"] != "ocra" or text is None or not text.isprintable():
        return None
    values = {"token": row["id"], "text": text, "now": ledger.now}
    number: int | None = ledger.connection.execute(_CHALLENGE, values).scalars().first()
    return number


def _siblings(ledger: Ledger, owner: int, but: int) -> Sequence[token_rows.Row]:
    found = ledger.connection.execute(_SIBLINGS, {"owner": owner, "but": but}).mappings()
    return [dict(row) for row in found]


def _is_anothers(ledger: Ledger, row: token_rows.Row, code: str) -> bool:
    others = _siblings(ledger, -1 if row["owner_id"] is None else row["owner_id"], row["id"])
    return any(
        is_code_of(token_rows.state(other, ledger.secret(other)), code, ledger.now)
        for other in others
    )


def _detail(decision: Decision, reason: Reason, now: float) -> Detail:
    detail: dict[str, str | int | float | bool | None] = {"reason": reason.value}
    if decision.step is not None:
        detail |= {"step": decision.step, "steps": decision.steps}
    if reason is Reason.ACCEPTED and decision.state.generator.by_time:
        detail["offset"] = round(believed(decision.state.clock, now), 1)
    if decision.state.failures:
        detail["failures"] = decision.state.failures
    return detail
