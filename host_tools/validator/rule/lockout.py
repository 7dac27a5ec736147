"""What failures in a row lead to: a short, rising block after every third, an end after the
hundredth.

Three in a row are the physical tokens' rule; 100 is the limit of NIST SP 800-63B-4 section 3.2.2
("Rate Limiting").
"""

from dataclasses import dataclass

ROW = 3  # failures in a row that lock a token for a while
LIMIT = 100  # failures in a row that block it until an administrator acts
FIRST_LOCK, LONGEST_LOCK = 60, 3600  # seconds; each lock is twice the one before


@dataclass(frozen=True, slots=True)
class Consequence:
    """What one more failure leads to. `locked_until` is Unix seconds, 0 for no lock."""

    failures: int
    locked_until: float
    blocked: bool


def after_failure(failures: int, now: float) -> Consequence:
    """Give the consequence of a failure at `now`, after `failures` in a row."""
    failures += 1
    if failures >= LIMIT:
        return Consequence(failures, 0, True)
    if failures % ROW:
        return Consequence(failures, 0, False)
    return Consequence(failures, now + lock_seconds(failures), False)


def lock_seconds(failures: int) -> int:
    """Give the length of the lock after so many failures, a multiple of ROW."""
    doublings = min(failures // ROW - 1, LONGEST_LOCK.bit_length())
    return min(FIRST_LOCK << doublings, LONGEST_LOCK)
