"""Activation: the letter's code, and codes that show that the token is in its user's hand; and
resynchronisation."""

import dataclasses
import hmac
import secrets
from collections.abc import Sequence
from typing import Any

from host_tools.validator.errors import ConflictError, InvalidError, NotFoundError
from host_tools.validator.operations import lifecycle, outbox, token_import, unattributed
from host_tools.validator.operations.lifecycle import Row
from host_tools.validator.records import ActivationCode, NoticeKind, Status
from host_tools.validator.rule.acceptance import (
    Answer,
    Decision,
    TokenState,
    decide,
    resynchronised,
)
from host_tools.validator.rule.verdict import Reason, Verdict
from host_tools.validator.store import token_rows
from host_tools.validator.store.audit_chain import Detail
from host_tools.validator.store.unit_of_work import Ledger

LETTER_DIGITS = 8
BY_ADMINISTRATOR: Detail = {"by": "administrator"}
UNLOCKED: dict[str, Any] = {"failures": 0, "locked_until": 0.0}
_AROUND_STEPS, _AROUND_COUNTERS = (
    2880,
    1000,
)  # how far two consecutive codes are looked for: a day of 30 s steps
_PAIR = 2


def issue_activation_code(ledger: Ledger, row: Row, days: int) -> ActivationCode:
    """Draw the code of the activation letter; only its keyed hash is kept."""
    lifecycle.demand(row, "activated", Status.ASSIGNED)
    if not 1 <= days <= 365:  # noqa: PLR2004 - a year
        raise InvalidError(
            "An activation code lives for 1 to 365 days.", "Give another number of days."
        )
    code = "".join(secrets.choice("0123456789") for _ in range(LETTER_DIGITS))
    key = ledger.keys.latest(ledger.connection)
    expires_at = ledger.now + days * 86400
    ledger.note(
        row,
        "letter",
        {"expires_at": expires_at},
        activation_hash=key.hash("activation", row["serial"], code),
        activation_key=key.id,
        activation_expires_at=expires_at,
        activation_tries=token_import.ACTIVATION_TRIES,
    )
    return ActivationCode(row["serial"], code, expires_at)


def activate(
    ledger: Ledger,
    row: Row,
    given: Sequence[str],
    activation_code: str,
    owner: token_rows.Row | None,
) -> Verdict:
    """Activate by the letter's code and one or two codes of the token. Each wrong letter's code
    costs one try."""
    serial = row["serial"]
    if row["status"] != Status.ASSIGNED or (owner is not None and row["owner_id"] != owner["id"]):
        ledger.note(row, "activate", {"reason": Reason.NOT_ACTIVE.value})
        return Verdict(Reason.NOT_ACTIVE, serial)
    state = token_rows.state(row, ledger.secret(row))
    if not _letter_fits(ledger, row, activation_code):
        left = max(0, row["activation_tries"] - 1)
        changes = {"activation_tries": left} if left else lifecycle.NO_ACTIVATION
        ledger.note(row, "activate", {"reason": Reason.WRONG_PIN.value, "tries": left}, **changes)
        return Verdict(Reason.WRONG_PIN, serial)
    decision = _judged(state, given, ledger.now)
    changes = token_rows.state_columns(decision.state)
    if decision.reason is not Reason.ACCEPTED:
        blocked = decision.state.status is Status.BLOCKED
        ledger.note(
            row, "activate", {"reason": decision.reason.value}, **_still_assigned(changes, blocked)
        )
        return Verdict(decision.reason, serial, decision.steps, decision.retry_after)
    make_active(ledger, [row], {"reason": decision.reason.value, "step": decision.step}, changes)
    return Verdict(Reason.ACCEPTED, serial, decision.steps)


def activate_by_user(
    ledger: Ledger, serial: str, given: Sequence[str], activation_code: str, typed: str
) -> bool:
    """Activate for who may be anybody: they learn whether it was done, and not which users and
    tokens exist."""
    try:
        owner = lifecycle.owner_of(ledger, typed)
        row = ledger.token(serial)
    except NotFoundError:
        who = {
            "user": ledger.fingerprint("user", typed),
            "serial": ledger.fingerprint("serial", serial),
        }
        unattributed.note(
            ledger, "activate", {"reason": Reason.UNKNOWN_TOKEN.value} | who, ledger.actor
        )
        return False
    if row["suite"] is not None:
        ledger.note(
            row, "activate", {"reason": Reason.NO_CHALLENGE.value}
        )  # an administrator activates it
        return False
    return activate(ledger, row, given, activation_code, owner).accepted


def make_active(
    ledger: Ledger, chosen: Sequence[Row], detail: Detail, changes: dict[str, Any]
) -> None:
    """Make each token its user's active one; the former become replaced, and the users are told.

    No two of the tokens are of the same user.
    """
    owners = {row["owner_id"]: row for row in chosen}
    former = (
        ledger.connection.execute(lifecycle.ACTIVE_OF, {"owners": list(owners)}).scalars().all()
    )
    loaded = ledger.load(former)
    for number in former:
        new = owners.get(loaded[number]["owner_id"])
        if new is not None and number != new["id"]:
            ledger.note(
                loaded[number], "replaced", {"by": new["serial"]}, status=Status.REPLACED.value
            )
    ledger.flush()  # first the former ones: a user has one active token at any time
    active = {"status": Status.ACTIVE.value, "activated_at": ledger.now} | lifecycle.NO_ACTIVATION
    for row in chosen:
        ledger.note(row, "activate", detail, **(changes | active))
        outbox.queue(ledger, NoticeKind.ACTIVATED, row["owner_id"], row["serial"])


def activate_by_administrator(ledger: Ledger, row: Row) -> None:
    """Activate without letter or codes."""
    lifecycle.demand(row, "activated", Status.ASSIGNED)
    make_active(ledger, [row], BY_ADMINISTRATOR, UNLOCKED)


def resynchronise(ledger: Ledger, row: Row, given: Sequence[str]) -> Verdict:
    """Find clock or counter anew by two consecutive codes."""
    state = token_rows.state(row, ledger.secret(row))
    lifecycle.demand(row, "resynchronised", Status.ACTIVE)
    decision = _judged(state, given, ledger.now, pair_only=True)
    detail = {"reason": decision.reason.value, "steps": decision.steps}
    ledger.note(row, "resynchronise", detail, **token_rows.state_columns(decision.state))
    return Verdict(decision.reason, row["serial"], decision.steps, decision.retry_after)


def _letter_fits(ledger: Ledger, row: Row, activation_code: str) -> bool:
    if (
        row["activation_hash"] is None
        or row["activation_tries"] < 1
        or ledger.now > row["activation_expires_at"]
    ):
        return False
    key = ledger.keys.get(ledger.connection, row["activation_key"])
    typed = "".join(activation_code.split())
    return hmac.compare_digest(key.hash("activation", row["serial"], typed), row["activation_hash"])


def _judged(
    state: TokenState, given: Sequence[str], now: float, pair_only: bool = False
) -> Decision:
    # A locked token is not looked at; one that is not active yet counts as active here.
    state = dataclasses.replace(state, status=Status.ACTIVE)
    if state.generator.kind == "ocra":
        raise ConflictError(
            "A token that answers challenges is activated by an administrator.",
            "Activate it by hand.",
        )
    if now < state.locked_until:
        return decide(state, Answer(given[0] if given else ""), now)
    if len(given) == _PAIR:
        around = _AROUND_COUNTERS if state.generator.by_counter else _AROUND_STEPS
        return resynchronised(state, (given[0], given[1]), now, around)
    if len(given) != 1 or pair_only:
        return Decision(Reason.MALFORMED, state)
    return decide(state, Answer(given[0]), now)


def _still_assigned(changes: dict[str, Any], blocked: bool) -> dict[str, Any]:
    return changes | {"status": (Status.BLOCKED if blocked else Status.ASSIGNED).value}
