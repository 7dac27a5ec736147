"""Throttling of wrong codes: a short, rising lock after every third failure in a row, a block after
the hundredth.

Three in a row are the physical tokens' rule; 100 is the limit of NIST SP 800-63B-4 section 3.2.2
("Rate Limiting").
"""

from dataclasses import dataclass

FAILURES_PER_LOCK = 3  # in a row
FAILURE_LIMIT = 100  # in a row; then the token is blocked until an administrator acts
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
    if failures >= FAILURE_LIMIT:
        return Consequence(failures, 0, True)
    if failures % FAILURES_PER_LOCK:
        return Consequence(failures, 0, False)
    return Consequence(failures, now + lock_seconds(failures), False)


def tries_left(failures: int) -> int:
    """Give how many more failures lock, 0 when the last one has."""
    return -failures % FAILURES_PER_LOCK


def is_locked(failures: int, locked_until: float, now: float) -> bool:
    """Say whether a token is locked at `now`. A lock that ends later than its whole length from now
    is none: it was set before the clock was put back, and could last for years."""
    return 0 < locked_until - now <= lock_seconds(failures)


def lock_seconds(failures: int) -> int:
    """Give the length of the lock after so many failures, a multiple of FAILURES_PER_LOCK."""
    doublings = min(failures // FAILURES_PER_LOCK - 1, LONGEST_LOCK.bit_length())
    return min(FIRST_LOCK << doublings, LONGEST_LOCK)
