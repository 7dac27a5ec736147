"""A run: which cases are played in which order, and what came of each."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module

from host_tools.qa.cases.catalogue import (
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
from host_tools.qa.cases.test_bed import MisreadError, Press, Stage, Submission
from host_tools.qa.targets.target import Challenging, Resynchronising

_OFTEN = 5  # how much more often than any other case the right code is drawn, as in life
_ONCE = "drift"  # cases that take years are played once


@dataclass(frozen=True)
class Played:
    """A case that was played: `skipped` says why it was not, `trouble` what kept it from being
    played to its end."""

    case: Case
    number: int
    presses: tuple[Press, ...] = ()
    submissions: tuple[Submission, ...] = ()
    skipped: str | None = None
    trouble: str | None = None
    took: float = 0.0  # real seconds

    @property
    def passed(self) -> bool:
        """Say whether everything was as expected."""
        return self.trouble is None and all(each.passed for each in self.submissions)


def play(
    stage: Stage, codes: int, able: frozenset[str], tell: Callable[[Played], None]
) -> list[Played]:
    """Play every case once, in drawn order, then drawn ones, until at least so many codes were
    submitted.

    `able` is what the token can do (cases.EMULATED); what the server can do, the stage knows.
    """
    able |= _able(stage)
    played: list[Played] = []
    for case in _order(stage.dice, able):
        lacking = [WHY_NOT[need] for need in sorted(case.needs - able)]
        if lacking:
            result = Played(case, len(played) + 1, skipped=lacking[0])
        elif len(stage.submissions) >= codes and any(each.case is case for each in played):
            break
        else:
            result = _play(stage, case, len(played) + 1)
        played.append(result)
        tell(result)
    return played


def _able(stage: Stage) -> frozenset[str]:
    able = set()
    if stage.world.virtual:
        able.add(VIRTUAL)
    if stage.target.policy.locks_after:
        able.add(LOCKS)
    if stage.target.policy.ahead:
        able.add(EARLY)
    if isinstance(stage.target, Resynchronising):
        able.add(RESYNCHRONISES)
    if isinstance(stage.target, Challenging):
        able.add(CHALLENGES)
    if (
        "keypad"
        in import_module(f"firmware.products.{stage.holders[0].token.product}").PRODUCT["parts"]
    ):
        able.add(KEYPAD)
    return frozenset(able)


def _order(dice: random.Random, able: frozenset[str]) -> Iterator[Case]:
    """All cases once, then those that can be played for ever."""
    yield from dice.sample(CASES, len(CASES))
    again = [case for case in CASES if case.needs <= able and not case.name.startswith(_ONCE)]
    again += [CASES[0]] * _OFTEN
    while True:
        yield dice.choice(again)


def _play(stage: Stage, case: Case, number: int) -> Played:
    began = time.perf_counter()
    pressed, submitted = len(stage.presses), len(stage.submissions)
    trouble = None
    try:
        case.play(stage)
    except MisreadError as error:
        trouble = str(error)
    finally:
        stage.release()
    return Played(
        case,
        number,
        tuple(stage.presses[pressed:]),
        tuple(stage.submissions[submitted:]),
        trouble=trouble,
        took=time.perf_counter() - began,
    )
