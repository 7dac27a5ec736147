"""One run: time source, server, tokens, cases, report."""

import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from host_tools.errors import ExitCode, KodebrikError
from host_tools.extras import from_extra
from host_tools.messages.catalogue import Message
from host_tools.progress import Progress
from host_tools.qa.apps.cases import APP_CASES, AppCase, AppEnvironment
from host_tools.qa.apps.devices import AppDevices, PythonDevices
from host_tools.qa.apps.play import play
from host_tools.qa.apps.server import AppServer, opened
from host_tools.qa.cases.case_list import CASES, EMULATED, Case
from host_tools.qa.cases.enrolled_token import EnrolledToken
from host_tools.qa.cases.environment import Environment
from host_tools.qa.cases.schedule import (
    CaseResult,
    Schedule,
    all_refused,
    run_cases,
)
from host_tools.qa.cases.token_pool import PERIOD, TokenPool, enrol_many
from host_tools.qa.report.report import Ended, Report, retrying
from host_tools.qa.targets.selection import TargetSelection, open_target
from host_tools.qa.targets.target import InspectableTarget, Policy
from host_tools.qa.time_source import VIRTUAL_START, RealTime, TimeSource, VirtualTime
from host_tools.qa.tokens.manual import ManualToken

_MAX_OFFSET = 2.0  # seconds that a server's clock may be off before verdicts cannot be judged


@dataclass(frozen=True)
class RealToken:
    """A real token and its user at the server; `ask(question)` gives the person's typed answer."""

    product: str
    serial: str
    user_id: str
    ask: Callable[[str], str]


@dataclass(frozen=True)
class Plan:
    """What to run: `cases` once, then drawn ones of them until `codes` codes were submitted.
    `tokens` of `product` are emulated, unless there is a `real_token`; pictures and sounds are kept
    in `files`. In real time a case that may have failed for want of time is retried `retries` times
    at most."""

    target: TargetSelection
    policy: Policy
    codes: int
    seed: int
    product: str = "kodeviser"
    tokens: int = 4
    real_token: RealToken | None = None
    files: Path | None = None
    cases: tuple[Case, ...] = CASES
    retries: int = 0


@dataclass(frozen=True)
class AppPlan:
    """Which cases of app devices to run, each once. The devices are in Python, or the web app in a
    `browser`: a path, or "chromium" for the one that is installed; its pictures are kept in
    `files`."""

    target: TargetSelection
    seed: int
    cases: tuple[AppCase, ...] = APP_CASES
    browser: str | None = None
    files: Path | None = None


@dataclass(frozen=True)
class Console:
    """The output of a run: lines of text, each result, and the number of tokens enrolled so far."""

    say: Callable[[str], None]
    on_result: Callable[[CaseResult], None]
    progress: Progress


def run(plan: Plan, console: Console) -> Report:
    """Run the cases. KodebrikError when the server cannot be used or judged. Ctrl-C during a case
    ends the run, and the report holds what was done until then."""
    if plan.real_token is not None and plan.target.local:
        raise KodebrikError("qa-needs-server", ExitCode.USAGE)
    started = time.time()
    time_source: TimeSource = (
        VirtualTime(VIRTUAL_START) if plan.target.local else RealTime(console.say)
    )
    rng = random.Random(f"run {plan.seed}")  # noqa: S311 - the same seed, the same run
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kodebrik-qa-")))
        target = open_target(
            plan.target, plan.policy, time_source, folder, enrols=plan.real_token is None
        )
        stack.callback(target.close)
        _check_clock(target.clock_ahead(), console)
        if isinstance(target, InspectableTarget):
            target.check_access()
            if plan.real_token is not None:
                target.check_token(plan.real_token.user_id, plan.real_token.serial)
        if plan.real_token is not None:
            token = _enrolled(plan.real_token, time_source)
            env = Environment(time_source, target, [token], rng, plan.files)
            name, able = f"{token.device.product} {token.serial}", frozenset[str]()
        else:
            pool = stack.enter_context(
                TokenPool(plan.product, folder, plan.seed, time_source, target)
            )
            tokens = enrol_many(pool.enrol, plan.tokens, console.progress)
            env = Environment(
                time_source, target, tokens, rng, plan.files, pool.enrol, pool.enrol_payer
            )
            name, able = Message("qa.emulated", product=plan.product), frozenset({EMULATED})
        results, ended = _play(env, plan, able, console)
    when = Message("qa.virtual-time" if time_source.virtual else "qa.real-time")
    return Report(
        name,
        target.name,
        plan.seed,
        when,
        started,
        results,
        ended,
        _command(plan) if plan.real_token is None else None,
        plan.codes,
    )


def run_app(plan: AppPlan, console: Console) -> Report:
    """Run the cases of app devices. KodebrikError when the server cannot be used. Ctrl-C during a
    case ends the run, and the report holds what was done until then."""
    started, results = time.time(), list[CaseResult]()
    time_source: TimeSource = (
        VirtualTime(VIRTUAL_START) if plan.target.local else RealTime(console.say)
    )
    rng, ended = random.Random(f"run {plan.seed}"), None  # noqa: S311 - the same seed, the same run

    def note(result: CaseResult) -> None:
        results.append(result)
        console.on_result(result)

    with (
        tempfile.TemporaryDirectory(prefix="kodebrik-qa-") as folder,
        opened(plan.target, Path(folder), time_source) as server,
        _app_devices(plan, server) as devices,
    ):
        try:
            play(AppEnvironment(server, devices, time_source, rng), plan.cases, note)
        except KeyboardInterrupt:
            if not results:
                raise
            ended = Ended.INTERRUPTED
    browser = "" if plan.browser is None else f" --browser {plan.browser}"
    return Report(
        devices.name,
        server.name,
        plan.seed,
        Message("qa.virtual-time" if time_source.virtual else "qa.real-time"),
        started,
        tuple(results),
        ended,
        f"kodebrik qa run --app{browser} --against {plan.target.against} --seed {plan.seed}",
        app=True,
    )


@contextmanager
def _app_devices(plan: AppPlan, server: AppServer) -> Iterator[AppDevices]:
    if plan.browser is None:
        with closing(PythonDevices(server)) as devices:
            yield devices
        return
    with from_extra("not-installed-browser"):
        from host_tools.qa.apps import chromium  # noqa: PLC0415 - an extra
    with (
        chromium.launched(plan.browser) as browser,
        closing(chromium.ChromiumDevices(browser, server, plan.files)) as in_browser,
    ):
        yield in_browser


def _command(plan: Plan) -> str:
    """Give the command line of a run, without the options for keys and passwords."""
    return (
        f"kodebrik qa run --product {plan.product} --tokens {plan.tokens} "
        f"--against {plan.target.against} --seed {plan.seed}"
    )


def _play(
    env: Environment, plan: Plan, able: frozenset[str], console: Console
) -> tuple[tuple[CaseResult, ...], Ended | None]:
    """Run the cases; give their results, and why the run ended before all were played."""
    results: list[CaseResult] = []

    def note(result: CaseResult) -> None:
        results.append(result)
        console.on_result(result)

    try:
        schedule = Schedule(plan.codes, able, plan.cases, plan.retries)
        run_cases(env, schedule, note, lambda attempt: console.say(retrying(attempt)))
    except KeyboardInterrupt:
        if not results:
            raise
        return tuple(results), Ended.INTERRUPTED
    if not env.time.virtual and all_refused(env.submissions):
        return tuple(results), Ended.REFUSED
    return tuple(results), None


def _enrolled(token: RealToken, time_source: TimeSource) -> EnrolledToken:
    device = ManualToken(token.product, time_source, token.ask)
    return EnrolledToken(token.user_id, token.serial, device, PERIOD)


def _check_clock(ahead: float | None, console: Console) -> None:
    if ahead is None:
        console.say(Message("qa.server-without-time"))
    elif abs(ahead) > _MAX_OFFSET:
        raise KodebrikError(
            "server-clock-ahead" if ahead > 0 else "server-clock-behind",
            ExitCode.NOT_READY,
            seconds=abs(ahead),
        )
