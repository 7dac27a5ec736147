"""OCRA challenges (RFC 6287) on a token: which suites it supports, and the question that it makes
of what its user types.

The responses are computed by host_tools.otp.codes.
"""

from firmware.protocol.messages import DIGITS, MAX_AMOUNT, MAX_CHALLENGE, MAX_PAYEE
from host_tools.errors import ExitCode, KodebrikError
from host_tools.otp import codes

MIN_QUESTION = 4  # digits that a user types at least, RFC 6287 section 6.3


def suite(text: str, entry: str) -> codes.Suite:
    """Parse a suite and check that a token supports it with `entry` ("number" or "payment").

    KodebrikError otherwise.
    """
    try:
        asked = codes.parse_suite(text)
    except ValueError:
        raise _bad(
            f"'{text}' is no OCRA suite.",
            "A suite looks like OCRA-1:HOTP-SHA1-6:QN08 (RFC 6287 section 6).",
        ) from None
    if asked.digits not in DIGITS:
        raise _bad(
            f"A token gives codes of 6 to 8 digits, not {asked.digits}.", "Choose another suite."
        )
    if asked.session_size is not None:
        raise _bad("A token cannot be told session data.", "Choose a suite without S.")
    if entry == "payment" and (asked.question_kind != "A" or asked.question_size < MAX_CHALLENGE):
        # Numeric and hexadecimal questions are padded with zeros: different ones can be equal.
        raise _bad(
            f"A payment needs an alphanumeric question of {MAX_CHALLENGE} characters or more, "
            "and the suite has"
            f" Q{asked.question_kind}{asked.question_size:02}: two payments could have the same "
            "answer.",
            f"Choose a suite with QA{MAX_CHALLENGE} or longer.",
        )
    return asked


def challenge(asked: codes.Suite, entry: str, typed: list[str]) -> str:
    """Give the question that a token makes of the numbers that its user types.

    `typed` is one number, or amount and account number for a payment. KodebrikError when a token
    would not accept them.
    """
    for number in typed:
        if not (number.isascii() and number.isdigit()):
            raise _bad("A challenge is typed in digits.", "Leave out blanks, signs and letters.")
    if len(typed) != (2 if entry == "payment" else 1):
        raise _bad(
            "A payment is an amount and an account number, any other challenge one number.",
            "Give what it has.",
        )
    if entry == "number":
        _check_length("challenge", typed[0], MIN_QUESTION, min(asked.question_size, MAX_CHALLENGE))
        return typed[0]
    amount, payee = typed
    _check_length("amount", amount, 1, MAX_AMOUNT)
    _check_length("account number", payee, MIN_QUESTION, MAX_PAYEE)
    return f"{len(amount)}{amount}{payee}"  # the first digit makes it unique


def _check_length(what: str, number: str, least: int, most: int) -> None:
    if not least <= len(number) <= most:
        raise _bad(
            f"The {what} has {len(number)} digits; a token takes {least} to {most}.",
            "Give another one.",
        )


def _bad(message: str, hint: str) -> KodebrikError:
    return KodebrikError(message, hint, ExitCode.BAD_INPUT)
