"""The schedule of a run: which cases run in which order, and the result of each."""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module

from host_tools.errors import KodebrikError
from host_tools.messages.catalogue import Message
from host_tools.qa.cases.case_list import (
    CASES,
    CHALLENGES,
    EARLY,
    KEYPAD,
    LOCKS,
    RESYNCHRONISES,
    VIRTUAL,
    WHY_NOT,
    Case,
)
from host_tools.qa.cases.environment import Environment
from host_tools.qa.cases.log import MisreadError, Press, Submission
from host_tools.qa.targets.target import (
    ChallengeTarget,
    LogEntry,
    LoggingTarget,
    ResynchronisingTarget,
)

_RIGHT_WEIGHT = 5  # how many times more often than any other case "right" is drawn, as in real use
_FIRST_CODES = 2  # right codes, all refused, after which a run in real time ends
_ONCE = "drift"  # beginning of the names of cases that take years: they run once


@dataclass(frozen=True)
class CaseResult:
    """The result of one case. `skipped` says why it did not run, `error` why it was aborted;
    `again` is how often the case was played before. Of one that failed, `log` is what the server
    wrote down meanwhile, by the token's serial number."""

    case: Case
    number: int
    presses: tuple[Press, ...] = ()
    submissions: tuple[Submission, ...] = ()
    skipped: str | None = None
    error: str | None = None
    took: float = 0.0  # real seconds
    again: int = 0
    log: Mapping[str, tuple[LogEntry, ...]] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether everything was as expected."""
        return self.error is None and all(each.passed for each in self.submissions)


def run_cases(
    env: Environment,
    codes: int,
    able: frozenset[str],
    on_result: Callable[[CaseResult], None],
    cases: Sequence[Case] = CASES,
) -> list[CaseResult]:
    """Run each of `cases` once in drawn order, then drawn ones until `codes` codes were submitted.

    `able` is what the tokens can do (catalogue.EMULATED); what the server can do follows from
    `env`. What a case draws follows from the run's seed, its name and how often it was played, so
    that it can be repeated by itself. `on_result` is called after each case. In real time a right
    code comes first: when the first right codes are all refused, nothing else is tried, which would
    only lock the user's token. A case that Ctrl-C ends is told to `on_result` too, before
    KeyboardInterrupt.
    """
    able |= _abilities(env)
    seed, results = env.rng.getrandbits(64), list[CaseResult]()

    def play(case: Case) -> CaseResult:
        times = sum(each.case is case for each in results)
        env.rng = random.Random(f"{seed} {case.name} {times}")  # noqa: S311 - to be repeated
        return _run(env, case, len(results) + 1, times, on_result)

    if not env.time.virtual and CASES[0] in cases:
        for _ in range(_FIRST_CODES):
            results.append(play(CASES[0]))
            if not all_refused(env.submissions):
                break
        if len(results) == _FIRST_CODES and all_refused(env.submissions):
            return results
        cases = [case for case in cases if case is not CASES[0]]
    order = random.Random(seed)  # noqa: S311 - the same seed, the same order
    for case in _order(order, able, cases):
        lacking = [WHY_NOT[need] for need in sorted(case.needs - able)]
        if lacking:
            result = CaseResult(case, len(results) + 1, skipped=lacking[0])
            on_result(result)
        elif len(env.submissions) >= codes and any(each.case is case for each in results):
            break
        else:
            result = play(case)
        results.append(result)
    return results


def all_refused(submissions: Sequence[Submission]) -> bool:
    """Say whether codes that must be accepted were submitted, and none of them was."""
    right = [each.answer for each in submissions if each.expected.accepted]
    return bool(right) and not any(answer.accepted for answer in right)


def _abilities(env: Environment) -> frozenset[str]:
    """Give the abilities of time source, server and product, in the words of `Case.needs`."""
    able = set()
    if env.time.virtual:
        able.add(VIRTUAL)
    if env.target.policy.locks_after:
        able.add(LOCKS)
    if env.target.policy.ahead:
        able.add(EARLY)
    if isinstance(env.target, ResynchronisingTarget):
        able.add(RESYNCHRONISES)
    if isinstance(env.target, ChallengeTarget):
        able.add(CHALLENGES)
    product = import_module(f"firmware.products.{env.tokens[0].device.product}").PRODUCT
    if "keypad" in product["parts"]:
        able.add(KEYPAD)
    return frozenset(able)


def _order(rng: random.Random, able: frozenset[str], cases: Sequence[Case]) -> Iterator[Case]:
    """Give all cases once, then an endless sequence of drawn ones that can be repeated."""
    yield from rng.sample(cases, len(cases))
    again = [case for case in cases if case.needs <= able and not case.name.startswith(_ONCE)]
    again += [CASES[0]] * _RIGHT_WEIGHT if CASES[0] in cases else []
    while again:
        yield rng.choice(again)


def _run(
    env: Environment,
    case: Case,
    number: int,
    again: int,
    on_result: Callable[[CaseResult], None],
) -> CaseResult:
    began, since = time.perf_counter(), env.time.now()
    pressed, submitted = len(env.presses), len(env.submissions)
    error, interrupted = None, False
    try:
        case.run(env)
    except MisreadError as misread:
        error = misread.args[0]
    except KeyboardInterrupt:
        interrupted = True
    finally:
        env.release_tokens()
    submissions = tuple(env.submissions[submitted:])
    skipped = None
    if interrupted and all(each.passed for each in submissions):
        skipped = Message("qa-why-not.interrupted")
    elif interrupted:
        error = Message("qa-why-not.interrupted")
    result = CaseResult(
        case,
        number,
        tuple(env.presses[pressed:]),
        submissions,
        skipped=skipped,
        error=error,
        took=time.perf_counter() - began,
        again=again,
    )
    if not result.passed and not interrupted:
        result = replace(result, log=_log(env, result, since))
    on_result(result)
    if interrupted:
        raise KeyboardInterrupt
    return result


def _log(env: Environment, result: CaseResult, since: float) -> dict[str, tuple[LogEntry, ...]]:
    """Give what the server wrote down of the case's tokens; nothing of one that does not tell."""
    if not isinstance(env.target, LoggingTarget):
        return {}
    users = {each.user_id for each in result.presses}
    users |= {each.user_id for each in result.submissions}
    serials = [token.serial for token in env.tokens if token.user_id in users]
    try:
        return {serial: env.target.log(serial, since) for serial in serials}
    except KodebrikError as error:  # the case has failed already; the report says this too
        return {serial: (LogEntry(since, error.message),) for serial in serials}
