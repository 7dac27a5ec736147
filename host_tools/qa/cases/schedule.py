"""The schedule of a run: which cases run in which order, and the result of each."""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from itertools import starmap

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
    NamedCase,
)
from host_tools.qa.cases.enrolled_token import EnrolledToken
from host_tools.qa.cases.environment import Environment
from host_tools.qa.cases.log import MisreadError, NoAnswerError, Press, Screen, Submission
from host_tools.qa.targets.target import (
    ChallengeTarget,
    LogEntry,
    LoggingTarget,
    ResynchronisingTarget,
)
from host_tools.qa.tokens.emulated import EmulatedToken

_RIGHT_WEIGHT = 5  # how many times more often than any other case "right" is drawn, as in real use
_FIRST_CODES = 2  # right codes, all refused, after which a run in real time ends
_ONCE = "drift"  # beginning of the names of cases that take years: they run once


@dataclass(frozen=True)
class CaseResult:
    """The result of one case. `skipped` says why it did not run, `error` why it was aborted;
    `again` is how often the case was drawn before. Of one that failed, `log` is what the server
    wrote down meanwhile, and `link` the frames that crossed an emulated token's link, each by the
    token's serial number. `attempts` are the results before this one that failed and were
    retried."""

    case: NamedCase
    number: int
    presses: tuple[Press, ...] = ()
    submissions: tuple[Submission, ...] = ()
    skipped: str | None = None
    error: str | None = None
    took: float = 0.0  # real seconds
    again: int = 0
    log: Mapping[str, tuple[LogEntry, ...]] = field(default_factory=dict)
    link: Mapping[str, tuple[LogEntry, ...]] = field(default_factory=dict)
    attempts: tuple["CaseResult", ...] = ()
    screens: tuple[Screen, ...] = ()  # of the apps in a browser, when it had failed

    @property
    def passed(self) -> bool:
        """Whether everything was as expected."""
        return self.error is None and all(each.passed for each in self.submissions)


@dataclass(frozen=True)
class Schedule:
    """Each of `cases` once in drawn order, then drawn ones until `codes` codes were submitted.

    `able` is what the tokens can do (catalogue.EMULATED); what the server can do follows from the
    environment. In real time a case is retried `retries` times at most."""

    codes: int
    able: frozenset[str]
    cases: Sequence[Case] = CASES
    retries: int = 0


def run_cases(
    env: Environment,
    schedule: Schedule,
    on_result: Callable[[CaseResult], None],
    on_retry: Callable[[CaseResult], None] = lambda _: None,
) -> list[CaseResult]:
    """Run the cases of the schedule, and give their results.

    What a case draws follows from the run's seed, its name and how often it was played, so that it
    can be repeated by itself. `on_result` is called after each case. In real time a right code
    comes first: when the first right codes are all refused, nothing else is tried, which would only
    lock the user's token. A case that Ctrl-C ends is told to `on_result` too, before
    KeyboardInterrupt.

    In real time a case whose failure may come from time that passed unforeseen is played again with
    the same draws: `on_retry` is told the failed attempt, and the result keeps it. KodebrikError
    when the server is silent to the end.
    """
    able, cases = schedule.able | _abilities(env), schedule.cases
    seed, results = env.rng.getrandbits(64), list[CaseResult]()

    def play(case: Case, retries: int) -> CaseResult:
        times = sum(each.case is case for each in results)
        attempts: tuple[CaseResult, ...] = ()
        while True:
            env.rng = random.Random(f"{seed} {case.name} {times}")  # noqa: S311 - to be repeated
            result, stopped = _run(env, case, len(results) + 1, times)
            if attempts and result.skipped:  # interrupted, and it had failed
                result = replace(result, skipped=None, error=result.skipped)
            result = replace(result, attempts=attempts)
            if len(attempts) == retries or not _may_be_flaky(result, stopped):
                break
            on_retry(result)
            attempts += (result,)
        if isinstance(stopped, NoAnswerError):
            raise stopped.error
        on_result(result)
        if stopped is not None:
            raise stopped
        return result

    retries = 0 if env.time.virtual else schedule.retries
    if not env.time.virtual and CASES[0] in cases:
        while len(env.submissions) < _FIRST_CODES:
            results.append(play(CASES[0], min(retries, _FIRST_CODES - 1)))
            if not all_refused(env.submissions):
                break
        else:
            return results
        cases = [case for case in cases if case is not CASES[0]]
    order = random.Random(seed)  # noqa: S311 - the same seed, the same order
    for case in _order(order, able, cases):
        lacking = [WHY_NOT[need] for need in sorted(case.needs - able)]
        if lacking:
            result = CaseResult(case, len(results) + 1, skipped=lacking[0])
            on_result(result)
        elif len(env.submissions) >= schedule.codes and any(each.case is case for each in results):
            break
        else:
            result = play(case, retries)
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


def _may_be_flaky(result: CaseResult, stopped: BaseException | None) -> bool:
    """Say whether a case may have failed because of time that passed unforeseen: the server was
    silent, or refused what was in time when it was sent, or for another reason. Never when it
    accepted what it must refuse."""
    if isinstance(stopped, KeyboardInterrupt) or (stopped is None and result.error is not None):
        return False
    wrong = [each for each in result.submissions if not each.passed]
    accepted = any(each.answer.accepted and not each.expected.accepted for each in wrong)
    return not accepted and bool(wrong or stopped)


def _run(
    env: Environment, case: Case, number: int, again: int
) -> tuple[CaseResult, NoAnswerError | KeyboardInterrupt | None]:
    """Play a case once; give its result, and what stopped it."""
    began, since = time.perf_counter(), env.time.now()
    own = {token.serial: token.device.now for token in (*env.tokens, *env.new_tokens)}
    pressed, submitted = len(env.presses), len(env.submissions)
    error: str | None = None
    stopped: NoAnswerError | KeyboardInterrupt | None = None
    try:
        case.run(env)
    except MisreadError as misread:
        error = misread.args[0]
    except NoAnswerError as silence:
        error, stopped = silence.error.message, silence
    except KeyboardInterrupt as interrupt:
        stopped = interrupt
    finally:
        env.release_tokens()
    submissions = tuple(env.submissions[submitted:])
    skipped = None
    interrupted = isinstance(stopped, KeyboardInterrupt)
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
        tokens = _tokens_of(env, result)
        result = replace(result, log=_log(env, tokens, since), link=_link_log(tokens, own))
    return result, stopped


def _tokens_of(env: Environment, result: CaseResult) -> list[EnrolledToken]:
    """Give the tokens that took part in a case."""
    users = {each.user_id for each in result.presses}
    users |= {each.user_id for each in result.submissions}
    return [token for token in (*env.tokens, *env.new_tokens) if token.user_id in users]


def _link_log(
    tokens: Sequence[EnrolledToken], since: Mapping[str, float]
) -> dict[str, tuple[LogEntry, ...]]:
    """Give the frames that crossed the links of emulated tokens, each from its own time on."""
    return {
        token.serial: tuple(starmap(LogEntry, token.device.link_log(since.get(token.serial, 0.0))))
        for token in tokens
        if isinstance(token.device, EmulatedToken)
    }


def _log(
    env: Environment, tokens: Sequence[EnrolledToken], since: float
) -> dict[str, tuple[LogEntry, ...]]:
    """Give what the server wrote down of the tokens; nothing of one that does not tell."""
    if not isinstance(env.target, LoggingTarget):
        return {}
    serials = [token.serial for token in tokens]
    try:
        return {serial: env.target.log(serial, since) for serial in serials}
    except KodebrikError as error:  # the case has failed already; the report says this too
        return {serial: (LogEntry(since, error.message),) for serial in serials}
