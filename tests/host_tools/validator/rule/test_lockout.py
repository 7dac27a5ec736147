"""Failures in a row (PRODUCT: three block for a short time; NIST SP 800-63B: never more than
100)."""

from host_tools.validator.rule import lockout


def _locks() -> list[tuple[int, float]]:
    """Fail until the token is blocked, each time as soon as the lock ends: (failures, seconds
    locked)."""
    locks, failures, now = [], 0, 0.0
    while True:
        follows = lockout.after_failure(failures, now)
        failures = follows.failures
        if follows.blocked:
            locks.append((failures, float("inf")))
            return locks
        if follows.locked_until:
            locks.append((failures, follows.locked_until - now))
            now = follows.locked_until


def test_every_third_failure_locks_and_the_hundredth_blocks_for_good():
    locks = _locks()
    assert [failures for failures, _ in locks] == [*range(3, 100, 3), 100]
    assert locks[-1][1] == float("inf")


def test_locks_are_short_at_first_and_rise_to_an_hour():
    seconds = [length for _, length in _locks()[:-1]]
    assert seconds[:4] == [60, 120, 240, 480]
    assert seconds == sorted(seconds)
    assert seconds[-1] == 3600
