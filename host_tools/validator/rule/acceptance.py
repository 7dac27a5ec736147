"""The rule that accepts or refuses a code: pure, so that it can be tested against a model and in
virtual time.

RFC 4226 section 7.2 to 7.4 (look-ahead window, throttling, resynchronisation), RFC 6238 section 5.2
and 6 (window and drift), RFC 6287 (OCRA).
"""

import hmac
import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from host_tools.otp.credential import MAX_COUNTER
from host_tools.validator.records import Status
from host_tools.validator.rule import drift, lockout
from host_tools.validator.rule.drift import TokenClock
from host_tools.validator.rule.verdict import Reason
from host_tools.validator.rule.window import Generator, Place, place

# How far around the window a refused code is looked for, so that the administrator learns what it
# was.
_STEPS_AROUND = 60
_COUNTERS_BEFORE, _COUNTERS_AFTER = 20, 100


@dataclass(frozen=True, slots=True)
class TokenState:
    """What the rule knows of a token and may change. `last` is the position of the last accepted
    code, -1 for none."""

    status: Status
    generator: Generator
    window: int
    look_ahead: int
    last: int
    failures: int
    locked_until: float
    clock: TokenClock
    last_accepted_at: float | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came in: the code, the challenge that it answers (of OCRA), and whether the PIN was
    right (None: none)."""

    code: str = field(repr=False)
    challenge: str | None = None
    pin: str | None = field(default=None, repr=False)
    pin_right: bool = True


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome and the token's new state. `step` is the position of the code, where it was
    recognised."""

    reason: Reason
    state: TokenState
    steps: int = 0
    step: int | None = None
    retry_after: int = 0


def decide(state: TokenState, answer: Answer, now: float) -> Decision:
    """Decide about one code at the time `now` (Unix seconds).

    Every refusal does the work of the longest one, so that the time tells nothing about the token's
    state.
    """
    where = stands(state, now)
    code = "".join(answer.code.split())
    well_formed = len(code) == state.generator.digits and code.isascii() and code.isdigit()
    challenged = state.generator.kind != "ocra" or answer.challenge is not None
    found = _accepted(state, where, code, answer) if well_formed and challenged else None
    usable = state.status is Status.ACTIVE and now >= state.locked_until
    if found is not None and usable and answer.pin_right:
        return Decision(
            Reason.ACCEPTED,
            _after_acceptance(state, found, now),
            found - where.expected,
            _counted(state, found),
        )
    seen = Decision(Reason.MALFORMED if challenged else Reason.NO_CHALLENGE, state)
    if well_formed and challenged:
        seen = _recognised(state, where, code, answer)
    return _unusable(state, now) or _refused(seen, answer, now)


def _unusable(state: TokenState, now: float) -> Decision | None:
    if state.status is Status.BLOCKED:
        return Decision(Reason.BLOCKED, state)
    if state.status is not Status.ACTIVE:
        return Decision(Reason.NOT_ACTIVE, state)
    if now < state.locked_until:
        return Decision(Reason.LOCKED_OUT, state, retry_after=math.ceil(state.locked_until - now))
    return None


def _refused(seen: Decision, answer: Answer, now: float) -> Decision:
    if seen.reason in (
        Reason.NO_CHALLENGE,
        Reason.MALFORMED,
        Reason.REPLAY,
    ):  # none of them can be a guess
        return seen
    if not answer.pin_right:
        seen = Decision(Reason.WRONG_PIN, seen.state)
    return replace(seen, state=after_failure(seen.state, now))


def after_failure(state: TokenState, now: float) -> TokenState:
    """Give the state after a wrong code."""
    follows = lockout.after_failure(state.failures, now)
    return replace(
        state,
        failures=follows.failures,
        locked_until=follows.locked_until,
        status=Status.BLOCKED if follows.blocked else state.status,
    )


def is_code_of(state: TokenState, code: str, now: float) -> bool:
    """Say whether a refused code is one that this token would show about now."""
    if state.generator.kind == "ocra":
        return False
    where = stands(state, now)
    plain = "".join(code.split())
    if not plain.isascii():
        return False
    return any(
        _is(state.generator, plain, position, where, Answer(plain))
        for position in where.nearest_first()
    )


def resynchronised(
    state: TokenState, answers: tuple[str, str], now: float, around: int
) -> Decision:
    """Find the token by two consecutive codes, up to `around` positions off; the second becomes the
    last accepted.

    A wrong pair counts as one failure. Status and locks are the caller's to judge.
    """
    generator = state.generator
    where = stands(state, now)
    first, second = ("".join(text.split()) for text in answers)
    if any(
        len(code) != generator.digits or not code.isascii() or not code.isdigit()
        for code in (first, second)
    ):
        return Decision(Reason.MALFORMED, state)
    lowest = max(state.last + 1, where.first - (0 if generator.by_counter else around))
    for position in range(lowest, min(where.last + around + 1, MAX_COUNTER)):
        if _is(generator, first, position, where, Answer(first)) and _is(
            generator, second, position + 1, where, Answer(second)
        ):
            found = _after_acceptance(state, position + 1, now)
            if generator.by_time and generator.period is not None:
                found = replace(
                    found,
                    clock=drift.measured(now, position + 1, generator.period, state.clock.ppm),
                )
            return Decision(Reason.ACCEPTED, found, position + 1 - where.expected, position + 1)
    return Decision(Reason.WRONG, after_failure(state, now))


def stands(state: TokenState, now: float) -> Place:
    """Say where the token is looked for."""
    token_time, period = now + drift.believed(state.clock, now), state.generator.period
    reach = (0.0, 0.0) if period is None else drift.reach(state.clock, now, period)
    return place(
        state.generator, state.last, state.window, state.look_ahead, token_time, reach=reach
    )


def _accepted(state: TokenState, where: Place, code: str, answer: Answer) -> int | None:
    once = state.generator.by_counter or state.generator.by_time
    unused = (position for position in where.nearest_first() if not once or position > state.last)
    return next(
        (position for position in unused if _is(state.generator, code, position, where, answer)),
        None,
    )


def _after_acceptance(state: TokenState, position: int, now: float) -> TokenState:
    generator, clock = state.generator, state.clock
    if generator.by_time and generator.period is not None:
        clock = drift.learnt(clock, now, position, generator.period)
    return replace(
        state,
        last=_counted(state, position),
        failures=0,
        locked_until=0.0,
        clock=clock,
        last_accepted_at=now,
    )


def _counted(state: TokenState, position: int) -> int:
    # Codes that depend on a challenge alone have no position: they are counted, so that each
    # acceptance is a step.
    return position if state.generator.by_counter or state.generator.by_time else state.last + 1


def _recognised(state: TokenState, where: Place, code: str, answer: Answer) -> Decision:
    # No early end: the time must not tell whether, or where, the code was found.
    generator = state.generator
    before, after = (
        (_COUNTERS_BEFORE, _COUNTERS_AFTER)
        if generator.by_counter
        else (_STEPS_AROUND, _STEPS_AROUND)
    )
    moves = generator.by_counter or generator.by_time
    candidates = (*where.nearest_first(), *(where.around(before, after) if moves else ()))
    found = [
        position
        for position in candidates
        if moves and _is(generator, code, position, where, answer)
    ]
    swapped = [
        position
        for position in where.nearest_first()
        if any(_transposed(code, shown) for shown in _shown(generator, position, where, answer))
    ]
    if found:
        position = found[0]
        reason = Reason.EARLY if position > where.last else Reason.LATE
        if position <= state.last:
            reason = Reason.REPLAY
    elif swapped:
        position, reason = swapped[0], Reason.TRANSPOSED
    else:
        return Decision(Reason.WRONG, state)
    return Decision(reason, state, position - where.expected, position)


def _shown(generator: Generator, position: int, where: Place, answer: Answer) -> Iterator[str]:
    for step in where.steps:
        yield generator.code(position, step, answer.challenge or "", answer.pin or "")


def _is(generator: Generator, code: str, position: int, where: Place, answer: Answer) -> bool:
    return any(
        hmac.compare_digest(code, shown) for shown in _shown(generator, position, where, answer)
    )


def _transposed(typed: str, shown: str) -> bool:
    differing = [place for place in range(len(shown)) if typed[place] != shown[place]]
    if len(differing) != 2 or differing[1] - differing[0] != 1:  # noqa: PLR2004 - a pair of neighbours
        return False
    left, right = differing
    return typed[left] == shown[right] and typed[right] == shown[left]
