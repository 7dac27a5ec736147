"""Activation by the letter's code and codes of the token, or by an administrator;
resynchronisation."""

import hmac
import secrets
from collections.abc import Sequence

from host_tools.validator.errors import ConflictError, InvalidError
from host_tools.validator.operations import lifecycle, outbox, unattributed, users
from host_tools.validator.records import APP, ActivationCode, NoticeKind, Status
from host_tools.validator.rule import acceptance
from host_tools.validator.rule.acceptance import Decision, TokenState
from host_tools.validator.rule.verdict import Reason, Verdict
from host_tools.validator.store import token_rows
from host_tools.validator.store.audit_chain import Detail, Event
from host_tools.validator.store.rows import TokenRow, UserRow
from host_tools.validator.store.unit_of_work import UnitOfWork

ACTIVATION_CODE_DIGITS = 8
SELECTOR_DIGITS = 4  # before them in a code for an app device
ACTIVATION_TRIES = 3  # wrong activation codes, then the letter is void
# How far two consecutive codes are searched: a day of 30 s steps.
_STEPS_AROUND, _COUNTERS_AROUND = 2880, 1000
_PAIR = 2


def issue_activation_code(unit: UnitOfWork, token: TokenRow, days: int) -> ActivationCode:
    """Draw the code of the activation letter."""
    if not 1 <= days <= 365:  # noqa: PLR2004 - a year
        raise InvalidError("activation-days")
    return draw_activation_code(unit, token, days * 86400)


def draw_activation_code(unit: UnitOfWork, token: TokenRow, seconds: float) -> ActivationCode:
    """Draw an activation code that is good for so long; only its keyed hash is stored."""
    lifecycle.require_status(token, "token-gets-no-letter", Status.ASSIGNED)
    code = "".join(secrets.choice("0123456789") for _ in range(ACTIVATION_CODE_DIGITS))
    key = unit.key
    expires_at = unit.now + seconds
    token.activation_hash = hashed = key.hash("activation", token.serial, code)
    token.activation_key = key.id
    token.activation_expires_at = expires_at
    token.activation_tries = ACTIVATION_TRIES
    unit.record(token, "letter", {"expires_at": expires_at})
    selector = _selector(hashed) if token.kind == APP else ""
    return ActivationCode(token.serial, selector + code, expires_at)


def activate_serial(
    unit: UnitOfWork,
    serial: str,
    codes: Sequence[str],
    activation_code: str,
    typed_user: str | None,
) -> Verdict:
    """Activate as activate() does, a token of the user `typed_user` (None: of any); KodebrikError
    when either does not exist."""
    owner = None if typed_user is None else users.find(unit, typed_user)
    token = unit.lock_token(serial)
    lifecycle.require_code_token(token)
    return activate(unit, token, codes, activation_code, owner)


def activate(
    unit: UnitOfWork,
    token: TokenRow,
    codes: Sequence[str],
    activation_code: str,
    owner: UserRow | None,
) -> Verdict:
    """Activate by the letter's code and one or two codes of the token. Each wrong letter's code
    costs one try."""
    serial = token.serial
    right_code = is_activation_code(unit, token, activation_code)
    if token.status != Status.ASSIGNED or (owner is not None and token.owner_id != owner.id):
        unit.record(token, "activate", {"reason": Reason.NOT_ACTIVE.value})
        return Verdict(Reason.NOT_ACTIVE, serial)
    state = token_rows.state_of(token, unit.secret(token))
    if not right_code:
        count_wrong_code(unit, token)
        return Verdict(Reason.WRONG_PIN, serial)
    decision = _decide(state, codes, unit.now)
    token_rows.set_state(token, decision.state)
    if decision.reason is not Reason.ACCEPTED:
        if decision.state.status is not Status.BLOCKED:
            token.status = Status.ASSIGNED.value
        unit.record(token, "activate", {"reason": decision.reason.value})
        return Verdict(decision.reason, serial, decision.steps, decision.retry_after)
    _make_active(unit, [token], {"reason": decision.reason.value, "step": decision.step})
    return Verdict(Reason.ACCEPTED, serial, decision.steps)


def count_wrong_code(unit: UnitOfWork, token: TokenRow) -> None:
    """Count a wrong activation code; the last makes the right one void."""
    tries = token.activation_tries = max(0, token.activation_tries - 1)
    if tries == 0:
        lifecycle.clear_activation_code(token)
    unit.record(token, "activate", {"reason": Reason.WRONG_PIN.value, "tries": tries})


def activate_by_user(
    unit: UnitOfWork, serial: str, codes: Sequence[str], activation_code: str, typed_user: str
) -> bool:
    """Activate for an unauthenticated caller: give only whether it succeeded, so that the answer
    does not tell which users and tokens exist."""
    owner = users.find_any(unit, typed_user)
    token = unit.find_token(serial)
    # Every refusal costs the same statements and MACs, whether or not user and token exist.
    tally = unattributed.lock(unit)
    unit.idle_mac((owner is None) + (token is None))
    if owner is None or token is None:
        detail = {
            "reason": Reason.UNKNOWN_TOKEN.value,
            "user": unit.fingerprint("user", typed_user),
            "serial": unit.fingerprint("serial", serial),
        }
        event = Event(unit.now, unit.actor, "activate", detail)
        unattributed.record(unit, tally, [event])
        return False
    unit.idle_mac()  # as one of the two fingerprints; the other is the activation code's hash
    if token.suite is not None or token.kind == APP:  # codes alone do not activate it
        unit.idle_mac()
        unit.record(token, "activate", {"reason": Reason.NO_CHALLENGE.value})
        return False
    return activate(unit, token, codes, activation_code, owner).accepted


def activate_by_administrator(unit: UnitOfWork, token: TokenRow) -> None:
    """Activate a token without letter or codes."""
    lifecycle.require_status(token, "token-cannot-be-activated", Status.ASSIGNED)
    activate_without_codes(unit, [token])


def activate_without_codes(unit: UnitOfWork, tokens: Sequence[TokenRow]) -> dict[str, str]:
    """Activate assigned tokens, no two of the same user, on an administrator's authority; give
    those that they replace, as _make_active() does."""
    for token in tokens:
        lifecycle.require_code_token(token)
        lifecycle.clear_failures(token)
    return _make_active(unit, tokens, {"by": "administrator"})


def resynchronise(unit: UnitOfWork, token: TokenRow, codes: Sequence[str]) -> Verdict:
    """Find clock or counter by two consecutive codes."""
    lifecycle.require_code_token(token)
    state = token_rows.state_of(token, unit.secret(token))
    lifecycle.require_status(token, "token-cannot-be-resynchronised", Status.ACTIVE)
    decision = _decide(state, codes, unit.now, pair_only=True)
    token_rows.set_state(token, decision.state)
    detail = {"reason": decision.reason.value, "steps": decision.steps}
    unit.record(token, "resynchronise", detail)
    return Verdict(decision.reason, token.serial, decision.steps, decision.retry_after)


def _make_active(unit: UnitOfWork, tokens: Sequence[TokenRow], detail: Detail) -> dict[str, str]:
    """Make each token its user's active one, replace the former ones, and notify the users. Give
    the former ones' serial numbers with those of their successors."""
    replaced = {}
    new = {token.owner_id: token for token in tokens}
    owners = [owner for owner in new if owner is not None]
    for former in lifecycle.activated_tokens(unit, owners):
        successor = new.get(former.owner_id)
        if successor is not None and former.id != successor.id:
            former.status = Status.REPLACED.value
            unit.record(former, "replaced", {"by": successor.serial})
            replaced[former.serial] = successor.serial
    unit.flush()  # a user has at most one active token at any time: first the former ones
    for token in tokens:
        token.status, token.activated_at = Status.ACTIVE.value, unit.now
        lifecycle.clear_activation_code(token)
        unit.record(token, "activate", detail)
        outbox.queue(unit, NoticeKind.ACTIVATED, token)
    return replaced


def selects(token: TokenRow, typed: str) -> bool:
    """Say whether a typed selector is that of the code by which an app device is activated. What
    does not begin with it was typed by somebody without the letter, and costs no try."""
    hashed = token.activation_hash
    return hashed is not None and hmac.compare_digest(_selector(hashed).encode(), typed.encode())


def _selector(hashed: bytes) -> str:
    """Give the digits before an app device's code. They follow from its keyed hash, so they need
    no storage, and tell nothing of the code to whoever does not have the key."""
    return f"{int.from_bytes(hashed) % 10**SELECTOR_DIGITS:0{SELECTOR_DIGITS}}"


def is_activation_code(unit: UnitOfWork, token: TokenRow, typed: str) -> bool:
    """Say whether a token's activation code was typed, and is still good."""
    if (
        token.activation_hash is None
        or token.activation_key is None
        or token.activation_expires_at is None
        or token.activation_tries < 1
        or unit.now > token.activation_expires_at
    ):
        unit.idle_mac()
        return False
    key = unit.keys.get(unit.connection, token.activation_key)
    hashed = key.hash("activation", token.serial, "".join(typed.split()))
    return hmac.compare_digest(hashed, token.activation_hash)


def _decide(
    state: TokenState, codes: Sequence[str], now: float, pair_only: bool = False
) -> Decision:
    # A locked token's codes are not evaluated; one that is not active yet counts as active here.
    state = state._replace(status=Status.ACTIVE)
    if state.generator.kind == "ocra":
        raise ConflictError("activation-of-challenge-token")
    if acceptance.is_locked(state, now):
        return acceptance.decide(state, codes[0] if codes else "", now)
    if len(codes) == _PAIR:
        around = _COUNTERS_AROUND if state.generator.by_counter else _STEPS_AROUND
        return acceptance.resynchronise(state, (codes[0], codes[1]), now, around)
    if len(codes) != 1 or pair_only:
        return Decision(Reason.MALFORMED, state)
    return acceptance.decide(state, codes[0], now)
