"""A visitor's sign-in between the user-ID and the code."""

import secrets

from host_tools.validator.records import SessionLimits

_NUMBER_DIGITS = 8  # what a suite with QN08 asks for, RFC 6287 section 6.3
# WCAG 2.2, 2.2.1: a limit of more than 20 hours need not be announced.
LIMITS = SessionLimits(idle=24 * 3600, total=24 * 3600)


def shown_number() -> str:
    """Draw the number that every visitor is shown, which an OCRA token answers. It has no leading
    zero: OCRA encodes 012 and 12 as the same question."""
    least = 10 ** (_NUMBER_DIGITS - 1)
    return str(least + secrets.randbelow(9 * least))
