"""A run from its first line to its report: the world, the server, the holders, the cases."""

import random
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from host_tools.errors import ExitCode, KodebrikError
from host_tools.qa.cases.catalogue import EMULATED
from host_tools.qa.cases.enrolled_token import Holder
from host_tools.qa.cases.schedule import Played, play
from host_tools.qa.cases.test_bed import Stage
from host_tools.qa.cases.token_pool import PERIOD, Crew, crew_of
from host_tools.qa.report.report import Report
from host_tools.qa.targets import selection
from host_tools.qa.targets.selection import LOCAL, Doors
from host_tools.qa.targets.target import Policy
from host_tools.qa.time_source import RealTime, VirtualTime, World
from host_tools.qa.tokens.manual import HandToken

VIRTUAL_START = 1_893_456_000.0  # 2030-01-01
_SKEW = 2.0  # seconds that a server's clock may be off before verdicts cannot be judged


@dataclass(frozen=True)
class InHand:
    """A real token: its product and serial, the user it is enrolled for, and how to ask the person
    for a code."""

    product: str
    serial: str
    user_id: str
    ask: Callable[[str], str]


@dataclass(frozen=True)
class Plan:
    """What to run. `product` is emulated, unless a token is `in_hand`; `files` keeps pictures and
    sounds."""

    against: str
    doors: Doors
    policy: Policy
    codes: int
    seed: int
    product: str = "kodeviser"
    tokens: int = 4
    in_hand: InHand | None = None
    files: Path | None = None


@dataclass(frozen=True)
class Console:
    """Where a run speaks: lines, each case that was played, and how many tokens are enrolled."""

    say: Callable[[str], None]
    tell: Callable[[Played], None]
    progress: Callable[[int, int], None]


def perform(plan: Plan, console: Console) -> Report:
    """Run it."""
    if plan.in_hand is not None and plan.against == LOCAL:
        raise KodebrikError(
            "A real token lives in real time.",
            "Name a server for it with --against.",
            ExitCode.USAGE,
        )
    started = time.time()
    world: World = VirtualTime(VIRTUAL_START) if plan.against == LOCAL else RealTime(console.say)
    dice = random.Random(f"run {plan.seed}")  # noqa: S311 - the same seed, the same run
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kodebrik-qa-")))
        target = selection.target(plan.against, plan.doors, plan.policy, world, folder)
        stack.callback(target.close)
        _check_clock(target.clock_ahead(), console)
        if plan.in_hand is not None:
            stage = Stage(world, target, [_holder(plan.in_hand, world)], dice, plan.files)
            name, able = f"{plan.in_hand.product} {plan.in_hand.serial}", frozenset[str]()
        else:
            crew = stack.enter_context(Crew(plan.product, folder, plan.seed, world, target))
            holders = crew_of(crew.recruit, plan.tokens, console.progress)
            stage = Stage(
                world, target, holders, dice, plan.files, crew.recruit, crew.recruit_payer
            )
            name, able = f"emulated {plan.product}", frozenset({EMULATED})
        played = play(stage, plan.codes, able, console.tell)
    when = "virtual time, which the server shared" if world.virtual else "real time"
    return Report(name, target.name, plan.seed, when, started, tuple(played))


def _holder(token: InHand, world: World) -> Holder:
    return Holder(token.user_id, token.serial, HandToken(token.product, world, token.ask), PERIOD)


def _check_clock(ahead: float | None, console: Console) -> None:
    if ahead is None:
        console.say(
            "This server does not tell its time; late and early are judged by this machine's clock."
        )
    elif abs(ahead) > _SKEW:
        raise KodebrikError(
            f"The server's clock is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} "
            "this machine's.",
            "Set both clocks (NTP): late and early codes cannot be judged otherwise.",
            ExitCode.CHECK_FAILED,
        )
