"""OCRA challenges (RFC 6287) on a token: which suites it supports, and the question that it makes
of what its user types.

The responses are computed by host_tools.otp.codes.
"""

from firmware.protocol.messages import DIGITS, MAX_AMOUNT, MAX_CHALLENGE, MAX_PAYEE
from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Argument
from host_tools.otp import codes

MIN_QUESTION = 4  # digits that a user types at least, RFC 6287 section 6.3


def suite(text: str, entry: str) -> codes.Suite:
    """Parse a suite and check that a token supports it with `entry` ("number" or "payment").

    KodebrikError otherwise.
    """
    try:
        asked = codes.parse_suite(text)
    except ValueError:
        raise _bad("suite-invalid", suite=text) from None
    if asked.digits not in DIGITS:
        raise _bad("suite-digits", digits=asked.digits)
    if asked.session_size is not None:
        raise _bad("suite-session-data")
    if entry == "payment" and (asked.question_kind != "A" or asked.question_size < MAX_CHALLENGE):
        # Numeric and hexadecimal questions are padded with zeros: different ones can be equal.
        raise _bad(
            "suite-question-short",
            least=MAX_CHALLENGE,
            kind=asked.question_kind,
            size=asked.question_size,
        )
    return asked


def challenge(asked: codes.Suite, entry: str, typed: list[str]) -> str:
    """Give the question that a token makes of the numbers that its user types.

    `typed` is one number, or amount and account number for a payment. KodebrikError when a token
    would not accept them.
    """
    for number in typed:
        if not (number.isascii() and number.isdigit()):
            raise _bad("challenge-not-digits")
    if len(typed) != (2 if entry == "payment" else 1):
        raise _bad("challenge-parts")
    if entry == "number":
        _check_length(
            "challenge-length", typed[0], MIN_QUESTION, min(asked.question_size, MAX_CHALLENGE)
        )
        return typed[0]
    amount, payee = typed
    _check_length("challenge-amount-length", amount, 1, MAX_AMOUNT)
    if not int(amount):
        raise _bad("challenge-amount-zero")
    _check_length("challenge-account-length", payee, MIN_QUESTION, MAX_PAYEE)
    return f"{len(amount)}{amount}{payee}"  # the first digit makes it unique


def _check_length(identifier: str, number: str, least: int, most: int) -> None:
    if not least <= len(number) <= most:
        raise _bad(identifier, digits=len(number), least=least, most=most)


def _bad(identifier: str, **arguments: Argument) -> KodebrikError:
    return KodebrikError(identifier, ExitCode.BAD_INPUT, **arguments)
