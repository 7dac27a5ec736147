"""Challenges for OCRA tokens (RFC 6287): made here, each answered once and in time."""

import secrets

from sqlalchemy import delete, insert, select

from firmware.protocol.messages import MAX_CHALLENGE
from host_tools.otp import codes
from host_tools.validator.errors import ConflictError, InvalidError
from host_tools.validator.operations import lifecycle
from host_tools.validator.operations.lifecycle import Row
from host_tools.validator.records import Challenge, Status
from host_tools.validator.store.tables import challenges
from host_tools.validator.store.unit_of_work import Ledger

CHALLENGE_SECONDS = 300
_DRAWS = 100  # at a challenge that the token was never given


def issue_challenge(
    ledger: Ledger, row: Row, text: str | None, *, by: str | None = None
) -> Challenge:
    """Make a challenge of the form that the token's suite takes, on behalf of `by`, or of the
    ledger's actor."""
    if row["suite"] is None:
        raise ConflictError(
            f"The token {row['serial']} answers no challenges.", "Ask for a code of it."
        )
    lifecycle.demand(row, "given a challenge", Status.ACTIVE)
    suite = codes.parse_suite(row["suite"])
    if _moves(suite):
        expired = (challenges.c.token_id == row["id"]) & (challenges.c.expires_at < ledger.now)
        ledger.connection.execute(delete(challenges).where(expired))
    text, question = _fresh(ledger, row, suite) if text is None else (text, _question(suite, text))
    if not _is_new(ledger, row, suite, text, question):
        raise ConflictError(
            "The token was given this challenge before, or one that counts as the same, and "
            "would answer it with the"
            " same code.",
            "Add something that differs, such as a number of the transaction.",
        )
    expires_at = ledger.now + CHALLENGE_SECONDS
    values = {
        "token_id": row["id"],
        "challenge": text,
        "question": question,
        "expires_at": expires_at,
    }
    ledger.connection.execute(insert(challenges).values(**values, used=False))
    ledger.note(row, "challenge", {"challenge": text}, by=by)
    return Challenge(row["serial"], text, expires_at)


def _fresh(ledger: Ledger, row: Row, suite: codes.Suite) -> tuple[str, bytes]:
    """Draw a challenge that can be typed. All have one length and no zero in front: no two are the
    same number."""
    size = min(suite.question_size, MAX_CHALLENGE)
    for _ in range(_DRAWS):
        text = str(10 ** (size - 1) + secrets.randbelow(9 * 10 ** (size - 1)))
        question = _question(suite, text)
        if _is_new(ledger, row, suite, text, question):
            return text, question
    raise ConflictError(
        f"The token {row['serial']} was given nearly every challenge that its suite has.",
        "Give it a new secret.",
    )


def _question(suite: codes.Suite, text: str) -> bytes:
    """Give what a challenge counts as, without the zeros behind it: RFC 6287 section 5.1 adds them
    in any case."""
    try:
        return codes.question_block(suite, text).rstrip(b"\0")
    except ValueError as error:
        raise InvalidError(f"The challenge does not fit: {error}.", "Give another one.") from None


def _is_new(ledger: Ledger, row: Row, suite: codes.Suite, text: str, question: bytes) -> bool:
    """Say whether no response to another challenge of the token, or to this one asked before, would
    fit this one."""
    same = select(challenges.c.id).where(
        challenges.c.token_id == row["id"], challenges.c.question == question
    )
    if _moves(
        suite
    ):  # each response fits once: a text may be asked again, but no other that counts as the same
        same = same.where(challenges.c.challenge != text)
    return ledger.connection.execute(same).first() is None


def _moves(suite: codes.Suite) -> bool:
    return suite.has_counter or suite.step is not None
