"""Challenges for OCRA tokens (RFC 6287): issued here, each answered once and in time."""

import secrets

from sqlalchemy import bindparam, or_, select

from firmware.protocol.messages import MAX_CHALLENGE
from host_tools.otp import codes
from host_tools.validator.errors import ConflictError, InvalidError
from host_tools.validator.operations import lifecycle, users
from host_tools.validator.records import Challenge, Status
from host_tools.validator.store.row_ids import new_id
from host_tools.validator.store.rows import ChallengeRow, TokenRow
from host_tools.validator.store.tables import challenges, tokens
from host_tools.validator.store.unit_of_work import UnitOfWork

CHALLENGE_SECONDS = 300
_DRAWS = 100  # attempts to draw a challenge that the token was never given

_OPEN = select(challenges).where(
    challenges.c.token_id == bindparam("token"),
    challenges.c.challenge == bindparam("text"),
    challenges.c.expires_at > bindparam("now"),
    challenges.c.used.is_(False),
)


def issue_to_user(unit: UnitOfWork, typed: str, text: str | None) -> Challenge:
    """Issue a challenge to a user's active token; KodebrikError when there is none."""
    user = users.find(unit, typed)
    query = select(tokens.c.serial).where(
        tokens.c.owner_id == user.id, tokens.c.status == Status.ACTIVE.value
    )
    serial = unit.connection.execute(query).scalar()
    if serial is None:
        raise ConflictError("user-without-active-token", user_id=user.user_id)
    return issue(unit, unit.lock_token(serial), text)


def issue_to_token(unit: UnitOfWork, serial: str, text: str | None) -> Challenge:
    """Issue a challenge to a token; KodebrikError when there is none."""
    return issue(unit, unit.lock_token(serial), text)


def issue(
    unit: UnitOfWork, token: TokenRow, text: str | None, *, actor: str | None = None
) -> Challenge:
    """Issue the challenge `text`, or one drawn at random, of the form that the token's suite takes.

    `actor` is who issues it, if not the unit's actor.
    """
    if token.suite is None:
        raise ConflictError("token-without-challenges", serial=token.serial)
    lifecycle.require_status(token, "token-not-challenged", Status.ACTIVE)
    suite = codes.parse_suite(token.suite)
    if _moves(suite):
        expired = (challenges.c.token_id == token.id) & (challenges.c.expires_at < unit.now)
        unit.delete(challenges, expired)
    text, question = _draw(unit, token, suite) if text is None else (text, _question(suite, text))
    if not _is_new(unit, token, suite, text, question):
        raise ConflictError("challenge-repeated")
    expires_at = unit.now + CHALLENGE_SECONDS
    unit.insert(challenges, ChallengeRow(new_id(), token.id, text, question, expires_at, False))
    unit.record(token, "challenge", {"challenge": text}, actor=actor)
    return Challenge(token.serial, text, expires_at)


def find_open(unit: UnitOfWork, token: TokenRow, text: str | None) -> ChallengeRow | None:
    """Give the token's challenge `text` that waits for its response, None when there is none."""
    if token.kind != "ocra" or text is None or not text.isprintable():
        return None
    values = {"token": token.id, "text": text, "now": unit.now}
    found = unit.connection.execute(_OPEN, values).first()
    return None if found is None else unit.checked(challenges, ChallengeRow(*found))


def mark_used(unit: UnitOfWork, challenge: ChallengeRow) -> None:
    """Mark a challenge as used, so that no further response to it is accepted."""
    unit.update(challenges, challenge, challenge._replace(used=True))


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
    # By either column, so that neither can be changed to let a challenge be issued again.
    same = select(challenges).where(
        challenges.c.token_id == token.id,
        or_(challenges.c.question == question, challenges.c.challenge == text),
    )
    found = [unit.checked(challenges, ChallengeRow(*row)) for row in unit.connection.execute(same)]
    # Each response of a suite that moves fits once: the same text may be issued again, but no other
    # text that is encoded the same.
    return not any(
        row.question == question and not (_moves(suite) and row.challenge == text) for row in found
    )


def _moves(suite: codes.Suite) -> bool:
    return suite.has_counter or suite.step is not None
