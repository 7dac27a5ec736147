"""Challenges for OCRA tokens (RFC 6287): made here, each answered once and in time."""

import secrets

from sqlalchemy import delete, insert, select

from host_tools import codes as otp
from host_tools.validator import life
from host_tools.validator.ledger import Ledger
from host_tools.validator.life import Row
from host_tools.validator.records import Challenge, Status
from host_tools.validator.refusals import ConflictError, InvalidError
from host_tools.validator.tables import challenges

CHALLENGE_SECONDS = 300


def issue_challenge(ledger: Ledger, row: Row, text: str | None) -> Challenge:
    """Make a challenge of the form that the token's suite takes."""
    if row["suite"] is None:
        raise ConflictError(f"The token {row['serial']} answers no challenges.", "Ask for a code of it.")
    life.demand(row, "given a challenge", Status.ACTIVE)
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
