"""The rule that accepts or refuses a code: pure functions, tested against a model and in virtual
time.

RFC 4226 section 7.2 to 7.4 (look-ahead window, throttling, resynchronisation), RFC 6238 section 5.2
and 6 (window and drift), RFC 6287 (OCRA).
"""

import math
from collections.abc import Callable, Sequence
from itertools import islice
from typing import NamedTuple

from host_tools.otp.credential import MAX_COUNTER
from host_tools.validator.records import Status
from host_tools.validator.rule import drift, lockout
from host_tools.validator.rule.code_search import CodeGenerator, CodeSearch, SearchRange
from host_tools.validator.rule.drift import TokenClock
from host_tools.validator.rule.verdict import Reason

# How far around the window a refused code is searched at most, so that the administrator learns
# what it was.
_STEPS_AROUND = 64
_COUNTERS_BEFORE, _COUNTERS_AFTER = 20, 100
# Codes that a refusal computes, whoever's it is: 11 counters of a HOTP window with those around. A
# token whose own window is longer costs more.
REFUSAL_CODES = 131
_CODES_OF_OTHER = 15  # of each other token: the window of one whose clock can be off by MAX_REACH


class TokenState(NamedTuple):
    """What the rule knows of a token and may change.

    `tolerance` is in steps to either side, `look_ahead` in counters; `last` is the position of the
    last accepted code, -1 for none.
    """

    status: Status
    generator: CodeGenerator
    tolerance: int
    look_ahead: int
    last: int
    failures: int
    locked_until: float
    clock: TokenClock
    last_accepted_at: float | None = None


class Decision(NamedTuple):
    """The outcome of a check and the token's new state. `step` is the position of the code and
    `steps` its distance to the expected one, where the code was recognised."""

    reason: Reason
    state: TokenState
    steps: int = 0
    step: int | None = None
    retry_after: int = 0


def decide(  # noqa: PLR0913 - all that comes with a code
    state: TokenState,
    code: str,
    now: float,
    *,
    challenge: str | None = None,
    pin: str | None = None,
    pin_correct: bool = True,
    pin_before_lock: bool = False,
    others: Callable[[], Sequence[TokenState]] = tuple,
) -> Decision:
    """Decide about one code at the time `now` (Unix seconds).

    `challenge` is the open challenge that the code answers (OCRA), `pin` the PIN that the response
    is computed with; `pin_correct` says whether the user's own PIN was given, if there is one.
    With `pin_before_lock`, a code that is none of the token's counts as a failure only with the
    right PIN. `others` gives the user's other tokens, and is called when the code is refused. Every
    refusal computes REFUSAL_CODES codes, so that its cost tells nothing of the token.
    """
    searched = search_range(state, now)
    code = "".join(code.split())
    search = CodeSearch(state.generator, searched, challenge, pin)
    answerable = state.generator.kind != "ocra" or challenge is not None
    well_formed = answerable and state.generator.is_well_formed(code)
    if well_formed:
        found = _accepted_position(state, searched, code, search)
        usable = state.status is Status.ACTIVE and not is_locked(state, now)
        if found is not None and usable and pin_correct:
            accepted = _after_acceptance(state, found, now)
            return Decision(Reason.ACCEPTED, accepted, found - searched.expected, accepted.last)
    of_other, computed = _compare_with_others(others(), code, now)
    if well_formed:
        recognised = _recognise(state, searched, code, search, REFUSAL_CODES - computed)
        if recognised.reason is Reason.WRONG and of_other:
            recognised = recognised._replace(reason=Reason.OTHER_TOKEN)
        known = recognised.reason is not Reason.WRONG
        refused = _refuse(
            recognised, searched, pin_correct, pin_correct or known or not pin_before_lock, now
        )
    else:
        refused = Decision(Reason.MALFORMED if answerable else Reason.NO_CHALLENGE, state)
    state.generator.idle(REFUSAL_CODES - computed - search.computed)
    return _unusable(state, now) or refused


def after_failure(state: TokenState, now: float) -> TokenState:
    """Give the state after a wrong code."""
    consequence = lockout.after_failure(state.failures, now)
    return state._replace(
        failures=consequence.failures,
        locked_until=consequence.locked_until,
        status=Status.BLOCKED if consequence.blocked else state.status,
    )


def is_locked(state: TokenState, now: float) -> bool:
    """Say whether the token is locked out for a while after failures."""
    return lockout.is_locked(state.failures, state.locked_until, now)


def resynchronise(
    state: TokenState, codes: tuple[str, str], now: float, max_distance: int
) -> Decision:
    """Find the token by two consecutive codes, up to `max_distance` positions off; the second
    becomes the last accepted.

    A wrong pair counts as one failure. Status and locks are the caller's to judge.
    """
    generator = state.generator
    first, second = ("".join(text.split()) for text in codes)
    if not (generator.is_well_formed(first) and generator.is_well_formed(second)):
        return Decision(Reason.MALFORMED, state)
    searched = search_range(state, now)
    search = CodeSearch(generator, searched)
    lowest = max(state.last + 1, searched.first - (0 if generator.by_counter else max_distance))
    for position in range(lowest, min(searched.last + max_distance + 1, MAX_COUNTER)):
        if search.matches(first, position) and search.matches(second, position + 1):
            found = _after_acceptance(state, position + 1, now)
            if generator.by_time and generator.period is not None:
                clock = drift.resynchronised_clock(
                    now, position + 1, generator.period, state.clock.ppm
                )
                found = found._replace(clock=clock)
            return Decision(Reason.ACCEPTED, found, position + 1 - searched.expected, position + 1)
    return Decision(Reason.WRONG, after_failure(state, now))


def search_range(state: TokenState, now: float) -> SearchRange:
    """Give the token's search range at the time `now`.

    A token that moves by the clock alone gets, beside the tolerance, as many steps as its clock can
    have drifted since it was last observed.
    """
    generator = state.generator
    token_time = now + drift.estimated_offset(state.clock, now)
    period, tolerance = generator.period, state.tolerance
    step = 0 if period is None else max(0, int(token_time // period))
    if generator.by_counter:
        steps = (0,) if period is None else range(max(0, step - tolerance), step + tolerance + 1)
        first = state.last + 1
        return SearchRange(first, first, min(first + state.look_ahead, MAX_COUNTER), tuple(steps))
    if period is None:
        return SearchRange(0, 0, 0)
    behind, ahead = drift.reach(state.clock, now, period)
    earliest = int((token_time - behind) // period) - tolerance
    latest = int((token_time + ahead) // period) + tolerance
    return SearchRange(step, max(0, earliest), latest)


def _unusable(state: TokenState, now: float) -> Decision | None:
    if state.status is Status.BLOCKED:
        return Decision(Reason.BLOCKED, state)
    if state.status is not Status.ACTIVE:
        return Decision(Reason.NOT_ACTIVE, state)
    if is_locked(state, now):
        return Decision(Reason.LOCKED_OUT, state, retry_after=math.ceil(state.locked_until - now))
    return None


def _refuse(
    recognised: Decision, searched: SearchRange, pin_correct: bool, counts: bool, now: float
) -> Decision:
    if recognised.reason is Reason.REPLAY:  # a used code is no guess
        return recognised
    if not pin_correct:
        recognised = Decision(Reason.WRONG_PIN, recognised.state)
    if not counts or _is_clock_behind(recognised.state, searched, now):
        return recognised
    return recognised._replace(state=after_failure(recognised.state, now))


def _is_clock_behind(state: TokenState, searched: SearchRange, now: float) -> bool:
    """Say whether the server's clock is so far behind the last acceptance that no code at all can
    be accepted. Then nobody can guess one, and refusals must not lock the user out."""
    accepted_at = state.last_accepted_at
    behind = accepted_at is not None and now < accepted_at
    return behind and state.generator.by_time and searched.last <= state.last


def _compare_with_others(others: Sequence[TokenState], code: str, now: float) -> tuple[bool, int]:
    """Say whether a code that is refused is in the search range of another token, and how many
    codes were computed for that."""
    found, computed = False, 0
    for other in others:
        if other.generator.kind == "ocra":
            continue
        searched = search_range(other, now)
        search = CodeSearch(other.generator, searched)
        positions = list(islice(searched.nearest_first(), _CODES_OF_OTHER))
        found |= bool(search.matching(code, positions))
        computed += search.computed
    return found, computed


def _accepted_position(
    state: TokenState, searched: SearchRange, code: str, search: CodeSearch
) -> int | None:
    once = state.generator.by_counter or state.generator.by_time
    for position in searched.nearest_first():
        if (not once or position > state.last) and search.matches(code, position):
            return position
    return None


def _after_acceptance(state: TokenState, position: int, now: float) -> TokenState:
    generator, clock = state.generator, state.clock
    if generator.by_time and generator.period is not None:
        clock = drift.with_observation(clock, now, position, generator.period)
    # Codes that depend on a challenge alone have no position: they are counted, so that each
    # acceptance is a step.
    moves = generator.by_counter or generator.by_time
    return state._replace(
        last=position if moves else state.last + 1,
        failures=0,
        locked_until=0.0,
        clock=clock,
        last_accepted_at=now,
    )


def _recognise(
    state: TokenState, searched: SearchRange, code: str, search: CodeSearch, most: int
) -> Decision:
    """Say what a refused code was; with `most` codes of the token in all."""
    # No early end: the time must not tell whether, or where, the code was found.
    generator = state.generator
    by_counter, moves = generator.by_counter, generator.by_counter or generator.by_time
    inside = {position: search.at(position) for position in searched.nearest_first()}
    outside: Sequence[int] = ()
    if moves:
        before = _COUNTERS_BEFORE if by_counter else _STEPS_AROUND
        after = _COUNTERS_AFTER if by_counter else _STEPS_AROUND
        left = max(0, most - search.computed) // len(searched.steps if by_counter else (0,))
        outside = searched.around(before, after)[:left]
    found = [position for position in inside if moves and search.matches(code, position)]
    found += search.matching(code, outside)
    transposed = [
        position
        for position, right in inside.items()
        if any(_is_transposition(code, one) for one in right)
    ]
    if found:
        position = found[0]
        reason = Reason.EARLY if position > searched.last else Reason.LATE
        if position <= state.last:
            reason = Reason.REPLAY
    elif transposed:
        position, reason = transposed[0], Reason.TRANSPOSED
    else:
        return Decision(Reason.WRONG, state)
    return Decision(reason, state, position - searched.expected, position)


def _is_transposition(typed: str, right: str) -> bool:
    differing = [place for place in range(len(right)) if typed[place] != right[place]]
    if len(differing) != 2 or differing[1] - differing[0] != 1:  # noqa: PLR2004 - a pair of neighbours
        return False
    left, following = differing
    return typed[left] == right[following] and typed[following] == right[left]
