"""The life of a token after its import: assigned, activated, blocked, replaced, deleted; its window and clock."""

import dataclasses
import hmac
import secrets
from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, delete, insert, select

from host_tools import codes as otp
from host_tools.validator import checks, importing, rows, user_id
from host_tools.validator.checking import Answer, Decision, TokenState, decide, resynchronised
from host_tools.validator.drift import TokenClock
from host_tools.validator.ledger import Ledger
from host_tools.validator.records import ActivationCode, Challenge, NoticeKind, Status
from host_tools.validator.refusals import ConflictError, InvalidError, NotFoundError
from host_tools.validator.tables import challenges, tokens, users
from host_tools.validator.verdict import Reason, Verdict

ACTIVATION_DIGITS = 8
CHALLENGE_SECONDS = 300
_AROUND_STEPS, _AROUND_COUNTERS = 2880, 1000  # how far two consecutive codes are looked for: a day of 30 s steps
_PAIR = 2

_ACTIVE_OF = select(tokens.c.id).where(
    tokens.c.owner_id == bindparam("owner"), tokens.c.status.in_((Status.ACTIVE.value, Status.BLOCKED.value))
)

Row = dict[str, Any]


def assign(ledger: Ledger, row: Row, owner_id: int, shown: str) -> None:
    """Give a token from stock to a user."""
    _demand(row, "assigned", Status.STOCK)
    ledger.note(row, "assign", {"user_id": shown}, owner_id=owner_id, status=Status.ASSIGNED.value)


def unassign(ledger: Ledger, row: Row) -> None:
    """Put a token back into stock."""
    if row["status"] == Status.STOCK:
        raise ConflictError(f"The token {row['serial']} is in stock already.", "Nothing is to be done.")
    ledger.note(row, "unassign", {}, owner_id=None, status=Status.STOCK.value, activated_at=None, **_NO_ACTIVATION)


def issue_activation_code(ledger: Ledger, row: Row, days: int) -> ActivationCode:
    """Draw the code of the activation letter; only its keyed hash is kept."""
    _demand(row, "activated", Status.ASSIGNED)
    if not 1 <= days <= 365:  # noqa: PLR2004 - a year
        raise InvalidError("An activation code lives for 1 to 365 days.", "Give another number of days.")
    code = "".join(secrets.choice("0123456789") for _ in range(ACTIVATION_DIGITS))
    key = ledger.keys.latest(ledger.connection)
    expires_at = ledger.now + days * 86400
    ledger.note(
        row,
        "letter",
        {"expires_at": expires_at},
        activation_hash=key.hash("activation", row["serial"], code),
        activation_key=key.id,
        activation_expires_at=expires_at,
        activation_tries=importing.ACTIVATION_TRIES,
    )
    return ActivationCode(row["serial"], code, expires_at)


_NO_ACTIVATION: dict[str, Any] = {
    "activation_hash": None,
    "activation_key": None,
    "activation_expires_at": None,
    "activation_tries": 0,
}


def activate(ledger: Ledger, row: Row, given: Sequence[str], activation_code: str, owner: rows.Row | None) -> Verdict:
    """Activate by the letter's code and one or two codes of the token. Each wrong letter's code costs one try."""
    serial = row["serial"]
    if row["status"] != Status.ASSIGNED or (owner is not None and row["owner_id"] != owner["id"]):
        ledger.note(row, "activate", {"reason": Reason.NOT_ACTIVE.value})
        return Verdict(Reason.NOT_ACTIVE, serial)
    state = rows.state(row, ledger.secret(row))
    if not _letter_fits(ledger, row, activation_code):
        left = max(0, row["activation_tries"] - 1)
        changes = {"activation_tries": left} if left else _NO_ACTIVATION
        ledger.note(row, "activate", {"reason": Reason.WRONG_PIN.value, "tries": left}, **changes)
        return Verdict(Reason.WRONG_PIN, serial)
    decision = _judged(state, given, ledger.now)
    changes = rows.state_columns(decision.state)
    if decision.reason is not Reason.ACCEPTED:
        blocked = decision.state.status is Status.BLOCKED
        ledger.note(row, "activate", {"reason": decision.reason.value}, **_still_assigned(changes, blocked))
        return Verdict(decision.reason, serial, decision.steps, decision.retry_after)
    make_active(ledger, row, {"reason": decision.reason.value, "step": decision.step}, changes)
    return Verdict(Reason.ACCEPTED, serial, decision.steps)


def make_active(ledger: Ledger, row: Row, detail: dict[str, Any], changes: dict[str, Any] | None = None) -> None:
    """Make a token its user's active one; the former becomes replaced, and the user is told."""
    former = ledger.connection.execute(_ACTIVE_OF, {"owner": row["owner_id"]}).scalars().all()
    loaded = ledger.load(former)
    for number in former:
        if number != row["id"] and loaded[number]["owner_id"] == row["owner_id"]:
            ledger.note(loaded[number], "replaced", {"by": row["serial"]}, status=Status.REPLACED.value)
    ledger.flush()  # first the former one: a user has one active token at any time
    active = {"status": Status.ACTIVE.value, "activated_at": ledger.now} | _NO_ACTIVATION
    ledger.note(row, "activate", detail, **((changes or {}) | active))
    checks.notice(ledger, NoticeKind.ACTIVATED, row["owner_id"], row["serial"])


def activate_by_administrator(ledger: Ledger, row: Row) -> None:
    """Activate without letter or codes."""
    _demand(row, "activated", Status.ASSIGNED)
    make_active(ledger, row, {"by": "administrator"}, {"failures": 0, "locked_until": 0.0})


def block(ledger: Ledger, row: Row, reason: str) -> None:
    """Refuse a token's codes from now on."""
    _demand(row, "blocked", Status.ACTIVE, Status.ASSIGNED)
    ledger.note(row, "block", {"reason": reason[:200]}, status=Status.BLOCKED.value)
    checks.notice(ledger, NoticeKind.BLOCKED, row["owner_id"], row["serial"])


def unblock(ledger: Ledger, row: Row) -> None:
    """Take a block or a lock back. A token that was never activated waits for its activation again."""
    _demand(row, "unblocked", Status.BLOCKED, Status.ACTIVE, Status.ASSIGNED)
    status = row["status"]
    if status == Status.BLOCKED:
        status = (Status.ASSIGNED if row["activated_at"] is None else Status.ACTIVE).value
        others = ledger.connection.execute(_ACTIVE_OF, {"owner": row["owner_id"]}).scalars().all()
        active = [number for number, other in ledger.load(others).items() if other["status"] == Status.ACTIVE]
        if status == Status.ACTIVE and any(number != row["id"] for number in active):
            raise ConflictError("The user has another active token.", "Block or unassign that one first.")
    ledger.note(row, "unblock", {}, status=status, failures=0, locked_until=0.0)


def replace(ledger: Ledger, row: Row, new: Row, do_block: bool) -> None:
    """Assign another token to the same user."""
    if row["owner_id"] is None:
        raise ConflictError(f"The token {row['serial']} is nobody's.", "Assign the new token to its user.")
    shown = ledger.connection.execute(select(users.c.user_id).where(users.c.id == row["owner_id"])).scalar_one()
    assign(ledger, new, row["owner_id"], shown)
    if do_block and row["status"] in (Status.ACTIVE, Status.ASSIGNED):
        block(ledger, row, f"replaced by {new['serial']}")


def resynchronise(ledger: Ledger, row: Row, given: Sequence[str]) -> Verdict:
    """Find clock or counter anew by two consecutive codes."""
    state = rows.state(row, ledger.secret(row))
    _demand(row, "resynchronised", Status.ACTIVE)
    decision = _judged(state, given, ledger.now, pair_only=True)
    detail = {"reason": decision.reason.value, "steps": decision.steps}
    ledger.note(row, "resynchronise", detail, **rows.state_columns(decision.state))
    return Verdict(decision.reason, row["serial"], decision.steps, decision.retry_after)


def remove(ledger: Ledger, row: Row) -> None:
    """Delete a token and its secret; its chain ends with the entry that says so."""
    ledger.note(row, "delete", {})
    ledger.flush()
    ledger.forget(row)
    ledger.connection.execute(delete(tokens).where(tokens.c.id == row["id"]))
    ledger.set_chain(row["serial"], ledger.head(row))
    ledger.note_server("delete", {"serial": row["serial"]})


def set_window(ledger: Ledger, row: Row, window: int | None, look_ahead: int | None) -> None:
    """Change window or look-ahead."""
    changes: dict[str, Any] = {}
    if window is not None:
        changes["accept_window"] = importing.checked_window(window)
    if look_ahead is not None:
        changes["look_ahead"] = importing.checked_look_ahead(look_ahead)
    ledger.note(row, "window", changes, **changes)


def clock_was_set(ledger: Ledger, row: Row, at: float) -> None:
    """Forget what was learnt of the clock."""
    ledger.note(row, "clock", {"set_at": at}, **rows.clock_columns(TokenClock(0.0, at)))


def issue_challenge(ledger: Ledger, row: Row, text: str | None) -> Challenge:
    """Make a challenge of the form that the token's suite takes."""
    if row["suite"] is None:
        raise ConflictError(f"The token {row['serial']} answers no challenges.", "Ask for a code of it.")
    _demand(row, "given a challenge", Status.ACTIVE)
    suite = otp.parse_suite(row["suite"])
    if text is None:
        # The first digit is not 0: RFC 6287 takes a question as a number, so leading zeros would not count.
        text = str(10 ** (suite.question_size - 1) + secrets.randbelow(9 * 10 ** (suite.question_size - 1)))
    try:
        otp.ocra(bytes(20), suite.text, text, counter=0, pin="0", session=b"", unix_time=0)
    except ValueError as error:
        raise InvalidError(f"The challenge does not fit: {error}.", "Give another one.") from None
    of_token = challenges.c.token_id == row["id"]
    if suite.has_counter or suite.step is not None:
        ledger.connection.execute(delete(challenges).where(of_token, challenges.c.expires_at < ledger.now))
    elif ledger.connection.execute(select(challenges.c.id).where(of_token, challenges.c.challenge == text)).first():
        raise ConflictError(
            "The token was given this challenge before, and would answer it with the same code.",
            "Add something that differs, such as a number of the transaction.",
        )
    expires_at = ledger.now + CHALLENGE_SECONDS
    ledger.connection.execute(
        insert(challenges).values(token_id=row["id"], challenge=text, expires_at=expires_at, used=False)
    )
    ledger.note(row, "challenge", {"challenge": text})
    return Challenge(row["serial"], text, expires_at)


def owner_of(ledger: Ledger, typed: str) -> rows.Row:
    """Give a user's row; KodebrikError when there is none."""
    key = user_id.key(typed.strip()) if typed.isprintable() else ""
    found = ledger.connection.execute(select(users).where(users.c.user_key == key)).mappings().one_or_none()
    if found is None:
        raise NotFoundError(f"There is no user {typed[: user_id.MAX_LENGTH]!r}.", "Check the user-ID.")
    return dict(found)


def active_token_of(ledger: Ledger, typed: str) -> Row:
    """Lock a user's active token and give its row; KodebrikError when there is none."""
    owner = owner_of(ledger, typed)
    query = select(tokens.c.serial).where(tokens.c.owner_id == owner["id"], tokens.c.status == Status.ACTIVE.value)
    serial = ledger.connection.execute(query).scalar()
    if serial is None:
        raise ConflictError(f"The user {owner['user_id']!r} has no active token.", "Activate one first.")
    return ledger.token(serial)


def _letter_fits(ledger: Ledger, row: Row, activation_code: str) -> bool:
    if row["activation_hash"] is None or row["activation_tries"] < 1 or ledger.now > row["activation_expires_at"]:
        return False
    key = ledger.keys.get(ledger.connection, row["activation_key"])
    typed = "".join(activation_code.split())
    return hmac.compare_digest(key.hash("activation", row["serial"], typed), row["activation_hash"])


def _judged(state: TokenState, given: Sequence[str], now: float, pair_only: bool = False) -> Decision:
    # A locked token is not looked at; one that is not active yet counts as active here.
    state = dataclasses.replace(state, status=Status.ACTIVE)
    if state.generator.kind == "ocra":
        raise ConflictError("A token that answers challenges is activated by an administrator.", "Activate it by hand.")
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


def _demand(row: rows.Row, what: str, *allowed: Status) -> None:
    if row["status"] not in allowed:
        raise ConflictError(
            f"The token {row['serial']} is {row['status']}: it cannot be {what}.",
            f"Only a token that is {' or '.join(allowed)} can be.",
        )
