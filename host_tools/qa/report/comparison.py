"""What has changed since an earlier run, of which `--json` was kept."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message
from host_tools.messages.system_errors import reason
from host_tools.qa.report.report import Report

FAILED, PASSED, SKIPPED, ABSENT = "failed", "passed", "skipped", "absent"
_WORST_FIRST = (FAILED, PASSED, SKIPPED)


@dataclass(frozen=True)
class EarlierRun:
    """The outcome of each case by its name, and when the run began (Unix seconds)."""

    outcomes: dict[str, str]
    seed: int
    started_at: float


@dataclass(frozen=True)
class Change:
    """A case whose outcome is another one now; one that was not played is ABSENT."""

    case: str
    before: str
    now: str

    def line(self) -> str:
        """Give the change in words."""
        return Message("qa-change." + self.now, name=self.case, before=_words(self.before))


def load(path: Path) -> EarlierRun:
    """Read what `qa run --json` has printed; KodebrikError when the file is something else."""
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        outcomes = _worst((case["case"], _outcome(case)) for case in read["cases"])
        return EarlierRun(outcomes, int(read["seed"]), float(read["started_at"]))
    except OSError as error:
        raise KodebrikError(
            "file-unreadable", ExitCode.FILE, path=path, reason=reason(error)
        ) from None
    except (ValueError, KeyError, TypeError):
        raise KodebrikError("qa-no-report", ExitCode.BAD_INPUT, path=path) from None


def changes(before: EarlierRun, report: Report) -> list[Change]:
    """Give the cases whose outcome is another one than before, in the order of their names. A case
    that was played more than once has failed when it failed once."""
    now = _worst(
        (
            each.case.name,
            SKIPPED if each.skipped else PASSED if each.passed else FAILED,
        )
        for each in report.results
    )
    return [
        Change(name, before.outcomes.get(name, ABSENT), now.get(name, ABSENT))
        for name in sorted(before.outcomes.keys() | now.keys())
        if before.outcomes.get(name) != now.get(name)
    ]


def lines(before: EarlierRun, changed: list[Change]) -> list[str]:
    """Give the changes in words, after a line that says since when."""
    when = datetime.fromtimestamp(before.started_at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    head = Message(
        "qa-changes" if changed else "qa-changes.none",
        when=when,
        seed=before.seed,
        count=len(changed),
    )
    return [head, *(each.line() for each in changed)]


def _outcome(case: dict[str, Any]) -> str:
    if case["skipped"]:
        return SKIPPED
    return PASSED if case["passed"] else FAILED


def _worst(outcomes: Iterable[tuple[str, str]]) -> dict[str, str]:
    worst: dict[str, str] = {}
    for name, outcome in outcomes:
        worst[name] = min(worst.get(name, outcome), outcome, key=_WORST_FIRST.index)
    return worst


def _words(outcome: str) -> str:
    return Message("qa-outcome." + outcome)
