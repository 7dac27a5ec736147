"""What a run found, as plain data and as lines for a terminal. Times are seconds."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from host_tools.qa.cases.schedule import Played
from host_tools.qa.cases.test_bed import Press, Submission


@dataclass(frozen=True)
class Report:
    """A whole run. `started_at` is Unix seconds of the real clock; `time` says what time meant in
    it."""

    token: str
    against: str
    seed: int
    time: str
    started_at: float
    played: tuple[Played, ...]

    @property
    def submissions(self) -> list[Submission]:
        """Give all codes that were submitted."""
        return [each for played in self.played for each in played.submissions]

    @property
    def failed(self) -> list[Played]:
        """Give the cases that went otherwise than expected."""
        return [played for played in self.played if not played.passed]

    @property
    def skipped(self) -> list[Played]:
        """Give the cases that were not played."""
        return [played for played in self.played if played.skipped]

    @property
    def done(self) -> list[Played]:
        """Give the cases that were played."""
        return [played for played in self.played if not played.skipped]


def percentile(values: list[float], share: float) -> float:
    """Give the value that `share` of all do not pass (nearest rank); 0 for none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


def answer_times(report: Report) -> tuple[float, float]:
    """Give median and 99th percentile of the server's answers."""
    took = [each.answer.took for each in report.submissions]
    return percentile(took, 0.5), percentile(took, 0.99)


def expectation(submission: Submission) -> str:
    """Say in words what was expected."""
    return outcome(
        submission.expected.accepted, submission.expected.reason, submission.expected.steps
    )


def answer(submission: Submission) -> str:
    """Say in words what was answered."""
    given = submission.answer
    return outcome(
        given.accepted, given.reason, given.steps if given.reason in ("late", "early") else None
    )


def outcome(accepted: bool, reason: str | None, steps: int | None) -> str:
    """Say an outcome in words: accepted; refused; refused, late by 3 steps."""
    if accepted:
        return "accepted"
    words = "refused" if reason is None else f"refused, {reason.replace('_', ' ')}"
    return f"{words} by {abs(steps)} step{'s' if abs(steps) != 1 else ''}" if steps else words


def line(played: Played) -> str:
    """Give one case as one line."""
    if played.skipped:
        return f"skipped  {played.case.name}: {played.skipped}"
    return f"{'passed' if played.passed else 'FAILED'}   {played.case.name}: {played.case.promise}"


def details(played: Played) -> Iterator[str]:
    """Say what went otherwise than expected."""
    if played.trouble:
        yield f"         {played.trouble}"
    for each in played.submissions:
        if not each.passed:
            yield (
                f"         {each.user_id}, {each.note}: expected {expectation(each)}; the server "
                f"{answer(each)}."
            )


def summary(report: Report) -> list[str]:
    """Give the last lines of a run."""
    median, slowest = answer_times(report)
    presses = sum(len(played.presses) for played in report.played)
    return [
        f"{len(report.done) - len(report.failed)} of {len(report.done)} cases passed, "
        f"{len(report.skipped)} skipped;"
        f" {presses} codes read, {len(report.submissions)} submitted.",
        f"The server answered in {median * 1000:.1f} ms (median), {slowest * 1000:.1f} ms (99 %).",
    ]


def as_json(report: Report) -> dict[str, Any]:
    """Give the whole report as one object."""
    median, slowest = answer_times(report)
    return {
        "token": report.token,
        "against": report.against,
        "seed": report.seed,
        "time": report.time,
        "started_at": report.started_at,
        "passed": len(report.done) - len(report.failed),
        "failed": len(report.failed),
        "skipped": len(report.skipped),
        "answer_ms": {"median": round(median * 1000, 3), "p99": round(slowest * 1000, 3)},
        "cases": [_case(played) for played in report.played],
    }


def _case(played: Played) -> dict[str, Any]:
    return {
        "case": played.case.name,
        "promise": played.case.promise,
        "passed": None if played.skipped else played.passed,
        "skipped": played.skipped,
        "trouble": played.trouble,
        "presses": [_press(each) for each in played.presses],
        "submissions": [_submission(each) for each in played.submissions],
    }


def _press(press: Press) -> dict[str, Any]:
    reading = press.reading
    result: dict[str, Any] = {
        "user_id": press.user_id,
        "at": reading.pressed_at,
        "shown": reading.shown,
    }
    if reading.spoken is not None:
        result |= {"played": reading.spoken.played, "understood": reading.spoken.understood}
    result |= {
        name: path.name
        for name, path in (("picture", reading.picture), ("sound", reading.sound))
        if path is not None
    }
    return result


def _submission(each: Submission) -> dict[str, Any]:
    given = each.answer
    return {
        "user_id": each.user_id,
        "code": each.code,
        "what": each.note,
        "at": each.at,
        "expected": expectation(each),
        "answer": answer(each),
        "reason": given.reason,
        "steps": given.steps,
        "took_ms": round(given.took * 1000, 3),
        "passed": each.passed,
    }
