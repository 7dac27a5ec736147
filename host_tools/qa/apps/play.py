"""One run of the cases of app devices: each once, in drawn order."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from host_tools.errors import KodebrikError
from host_tools.messages.catalogue import Message
from host_tools.qa.apps.cases import APP_CASES, AppCase, AppEnvironment
from host_tools.qa.cases.case_list import VIRTUAL, chosen
from host_tools.qa.cases.schedule import CaseResult


def named(names: Sequence[str]) -> tuple[AppCase, ...]:
    """Give the cases with these names, all without any; KodebrikError for an unknown one."""
    return chosen(APP_CASES, names)


def play(
    env: AppEnvironment, cases: Sequence[AppCase], on_result: Callable[[CaseResult], None]
) -> list[CaseResult]:
    """Play each case once. What a case draws follows from the run's seed and its name, so that it
    can be repeated by itself; `on_result` is called after each."""
    seed, results = env.rng.getrandbits(64), list[CaseResult]()
    order = random.Random(seed)  # noqa: S311 - the same seed, the same order
    for case in order.sample(list(cases), len(cases)):
        number = len(results) + 1
        if VIRTUAL in case.needs and not env.time.virtual:
            result = CaseResult(case, number, skipped=Message("qa-why-not.five-minutes"))
        else:
            env.rng = random.Random(f"{seed} {case.name}")  # noqa: S311 - to be repeated
            result = _run(env, case, number)
        on_result(result)
        results.append(result)
    return results


def _run(env: AppEnvironment, case: AppCase, number: int) -> CaseResult:
    began, submitted = time.perf_counter(), len(env.submissions)
    error = None
    try:
        try:
            case.run(env)
        except KodebrikError as failed:
            error = failed.message
        result = CaseResult(
            case,
            number,
            submissions=tuple(env.submissions[submitted:]),
            error=error,
            took=time.perf_counter() - began,
        )
        return result if result.passed else replace(result, screens=env.devices.screens(number))
    finally:
        env.devices.release()
