"""Challenges for OCRA tokens (RFC 6287): issued here, each answered once and in time."""

import contextlib
import secrets
from collections.abc import Sequence

from sqlalchemy import bindparam, or_, select

from firmware.protocol.messages import MAX_CHALLENGE
from host_tools.otp import codes
from host_tools.validator.errors import ConflictError, InvalidError
from host_tools.validator.operations import lifecycle, users
from host_tools.validator.records import APP, Challenge, Status
from host_tools.validator.store.row_ids import new_id
from host_tools.validator.store.rows import ChallengeRow, TokenRow
from host_tools.validator.store.tables import challenges, tokens
from host_tools.validator.store.unit_of_work import UnitOfWork, no_token

CHALLENGE_SECONDS = 300
_NOBODY = _NO_TOKEN = -1  # ids of no user and of no token
_DRAWS = 100  # attempts to draw a challenge that the token was never given

_OPEN = select(challenges).where(
    challenges.c.token_id == bindparam("token"),
    challenges.c.challenge == bindparam("text"),
    challenges.c.expires_at > bindparam("now"),
    challenges.c.used.is_(False),
)


def issue_to_user(unit: UnitOfWork, typed: str, text: str | None) -> Challenge:
    """Issue a challenge to a user's active token; KodebrikError when there is none. A refusal costs
    the same statements and MACs for every user."""
    user = users.find_any(unit, typed)
    query = select(tokens.c.serial).where(
        tokens.c.owner_id == (_NOBODY if user is None else user.id),
        tokens.c.status == Status.ACTIVE.value,
        tokens.c.kind != APP,
    )
    token = unit.find_token(unit.connection.execute(query).scalar() or "")
    unit.idle_mac((user is None) + (token is None))
    if user is None:
        raise users.no_user(typed)
    if token is None:
        raise ConflictError("user-without-active-token", user_id=user.user_id)
    return issue(unit, token, text)


def issue_to_token(unit: UnitOfWork, serial: str, text: str | None) -> Challenge:
    """Issue a challenge to a token; KodebrikError when there is none."""
    token = unit.find_token(serial)
    if token is None:
        unit.idle_mac()
        raise no_token(serial)
    return issue(unit, token, text)


def issue(unit: UnitOfWork, token: TokenRow, text: str | None) -> Challenge:
    """Issue the challenge `text`, or one drawn at random, of the form that the token's suite takes.

    A drawn challenge that still waits for its response is given again: a suite with a short
    question has few, and each is given once, so whoever may ask could use them all up.
    """
    if token.suite is None:
        raise ConflictError("token-without-challenges", serial=token.serial)
    lifecycle.require_status(token, "token-cannot-be-challenged", Status.ACTIVE)
    suite = codes.parse_suite(token.suite)
    if _moves(suite):
        _delete_expired(unit, token)
    if drawn := text is None:
        open_one = _find_drawn(unit, token)
        if open_one is not None:
            return Challenge(token.serial, open_one.challenge, open_one.expires_at)
    text, question = _draw(unit, token, suite) if text is None else (text, _question(suite, text))
    if not _is_new(unit, token, suite, text, question):
        raise ConflictError("challenge-repeated")
    expires_at = unit.now + CHALLENGE_SECONDS
    row = ChallengeRow(new_id(), token.id, text, question, expires_at, False, drawn)
    unit.insert(challenges, row)
    unit.record(token, "challenge", {"challenge": text})
    return Challenge(token.serial, text, expires_at)


def _find_drawn(unit: UnitOfWork, token: TokenRow) -> ChallengeRow | None:
    """Give a drawn challenge of the token that waits for its response, and will for a while."""
    query = select(challenges).where(
        challenges.c.token_id == token.id,
        challenges.c.drawn.is_(True),
        challenges.c.used.is_(False),
        challenges.c.expires_at > unit.now + CHALLENGE_SECONDS / 2,
    )
    found = unit.connection.execute(query).first()
    return None if found is None else unit.checked(challenges, ChallengeRow(*found))


def find_open(unit: UnitOfWork, token: TokenRow | None, text: str) -> ChallengeRow | None:
    """Give the token's challenge `text` that waits for its response, None when there is none. The
    database is asked about every token, and about none, so that the duration does not tell whose
    token takes challenges."""
    values = {
        "token": _NO_TOKEN if token is None else token.id,
        "text": text if text.isprintable() else "",
        "now": unit.now,
    }
    found = unit.connection.execute(_OPEN, values).first()
    if found is None:
        unit.idle_mac()
        return None
    return unit.checked(challenges, ChallengeRow(*found))


def find_shown(unit: UnitOfWork, token: TokenRow | None, text: str) -> ChallengeRow | None:
    """Give the challenge `text`, which was shown before it was known whose token answers it: the
    one that is open, or a new one, which mark_used() writes. None when the token does not take it.
    What is refused writes nothing, and asks the database as often for every token and for none."""
    question = None
    if token is not None and token.suite is not None and token.status == Status.ACTIVE:
        # What the suite does not take needs no message here: the response is refused.
        with contextlib.suppress(InvalidError):
            question = _question(codes.parse_suite(token.suite), text)
    found = _same(unit, token, text if text.isprintable() else "", question or b"")
    unit.idle_mac(not found)
    if token is None or token.suite is None or question is None:
        return None
    for row in found:
        if row.challenge == text and not row.used and row.expires_at > unit.now:
            return row
    if not _are_others(codes.parse_suite(token.suite), text, question, found):
        return None
    expires_at = unit.now + CHALLENGE_SECONDS
    return ChallengeRow(new_id(), token.id, text, question, expires_at, False, drawn=False)


def mark_used(unit: UnitOfWork, token: TokenRow, challenge: ChallengeRow, actor: str) -> None:
    """Mark a challenge as used, so that no further response to it is accepted; write a new one."""
    used = challenge._replace(used=True)
    if challenge.audit_seal:
        unit.update(challenges, challenge, used)
        return
    if token.suite is not None and _moves(codes.parse_suite(token.suite)):
        _delete_expired(unit, token)
    unit.insert(challenges, used)
    unit.record(token, "challenge", {"challenge": challenge.challenge}, actor=actor)


def _draw(unit: UnitOfWork, token: TokenRow, suite: codes.Suite) -> tuple[str, bytes]:
    """Draw a challenge that can be typed. All have one length and no leading zero: no two are the
    same number."""
    size = min(suite.question_size, MAX_CHALLENGE)
    for _ in range(_DRAWS):
        text = str(10 ** (size - 1) + secrets.randbelow(9 * 10 ** (size - 1)))
        question = _question(suite, text)
        if _is_new(unit, token, suite, text, question):
            return text, question
    raise ConflictError("challenges-used-up", serial=token.serial)


def _question(suite: codes.Suite, text: str) -> bytes:
    """Give OCRA's encoding of a challenge, without trailing zeros: RFC 6287 section 5.1 pads with
    zeros, so they make no difference to the response."""
    try:
        return codes.question_block(suite, text).rstrip(b"\0")
    except ValueError as error:
        raise InvalidError("challenge-unusable", why=error.args[0]) from None


def _is_new(
    unit: UnitOfWork, token: TokenRow, suite: codes.Suite, text: str, question: bytes
) -> bool:
    """Say whether no response to another challenge of the token, or to this one issued before,
    would fit this one."""
    return _are_others(suite, text, question, _same(unit, token, text, question))


def _same(
    unit: UnitOfWork, token: TokenRow | None, text: str, question: bytes
) -> list[ChallengeRow]:
    # By either column, so that neither can be changed to let a challenge be issued again.
    same = select(challenges).where(
        challenges.c.token_id == (_NO_TOKEN if token is None else token.id),
        or_(challenges.c.question == question, challenges.c.challenge == text),
    )
    return [unit.checked(challenges, ChallengeRow(*row)) for row in unit.connection.execute(same)]


def _are_others(
    suite: codes.Suite, text: str, question: bytes, found: Sequence[ChallengeRow]
) -> bool:
    # Each response of a suite that moves fits once: the same text may be issued again, but no other
    # text that is encoded the same.
    return not any(
        row.question == question and not (_moves(suite) and row.challenge == text) for row in found
    )


def _delete_expired(unit: UnitOfWork, token: TokenRow) -> None:
    expired = (challenges.c.token_id == token.id) & (challenges.c.expires_at < unit.now)
    unit.delete(challenges, expired)


def _moves(suite: codes.Suite) -> bool:
    return suite.has_counter or suite.step is not None
