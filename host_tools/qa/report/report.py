"""The report of a run, as plain data, as JSON and as lines of text. Times are seconds."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from host_tools.messages.catalogue import Message, named, prefixed
from host_tools.qa.cases.log import Press, Screen, Submission
from host_tools.qa.cases.schedule import CaseResult
from host_tools.qa.report.cause import likely_cause
from host_tools.qa.targets.target import LogEntry

_MARGIN = " " * 9  # before what belongs to a case's line


class Ended(StrEnum):
    """Why a run ended before every case was played."""

    INTERRUPTED = "interrupted"  # Ctrl-C
    REFUSED = "refused"  # the first right codes, all of them


@dataclass(frozen=True)
class Report:
    """One run. `started_at` is Unix seconds of the computer's clock; `time` says which time was
    used; `ended` is None when every case was played. `command` plays emulated tokens with the same
    seed again, once the options for keys and passwords are added; None for a real token."""

    token: str
    against: str
    seed: int
    time: str
    started_at: float
    results: tuple[CaseResult, ...]
    ended: Ended | None = None
    command: str | None = None
    codes: int = 1
    app: bool = False  # app devices were played, not tokens

    @property
    def submissions(self) -> list[Submission]:
        """All codes that were submitted, also in attempts that were retried."""
        return [each for played in self._played for each in played.submissions]

    @property
    def presses(self) -> int:
        """How many codes were read."""
        return sum(len(played.presses) for played in self._played)

    @property
    def retried(self) -> list[CaseResult]:
        """The failed attempts that were retried."""
        return [attempt for result in self.results for attempt in result.attempts]

    @property
    def _played(self) -> list[CaseResult]:
        return [*self.retried, *self.results]

    @property
    def failed(self) -> list[CaseResult]:
        """The cases with an unexpected answer or an error."""
        return [result for result in self.results if not result.passed]

    @property
    def skipped(self) -> list[CaseResult]:
        """The cases that did not run."""
        return [result for result in self.results if result.skipped]

    @property
    def done(self) -> list[CaseResult]:
        """The cases that ran."""
        return [result for result in self.results if not result.skipped]


def repetition(report: Report, result: CaseResult) -> str | None:
    """Give the command that plays a case again: alone, or, one that was played before in the same
    run, the whole run. None for a real token."""
    if report.command is None:
        return None
    alone = result.again == 0
    return report.command + (f" --case {result.case.name}" if alone else f" --codes {report.codes}")


def percentile(values: list[float], share: float) -> float:
    """Give the percentile by nearest rank, `share` from 0 to 1; 0 of no values."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


def answer_times(report: Report) -> tuple[float, float]:
    """Give median and 99th percentile of the server's answering times."""
    took = [each.answer.took for each in report.submissions]
    return percentile(took, 0.5), percentile(took, 0.99)


def expectation(submission: Submission) -> str:
    """Give the expected outcome in words."""
    return outcome(
        submission.expected.accepted, submission.expected.reason, submission.expected.steps
    )


def answer(submission: Submission) -> str:
    """Give the answered outcome in words."""
    given = submission.answer
    return outcome(
        given.accepted, given.reason, given.steps if given.reason in ("late", "early") else None
    )


def outcome(accepted: bool, reason: str | None, steps: int | None) -> str:
    """Give an outcome in words: "accepted", "refused", "refused, late by 3 steps"."""
    if accepted:
        return Message("qa.accepted")
    if reason is None:
        return Message("qa.refused")
    why = _reason_words(reason)
    if steps:
        return Message("qa.refused-by", reason=why, count=abs(steps))
    return Message("qa.refused-because", reason=why)


def _reason_words(reason: str) -> str:
    """Give a server's reason in words; other servers than kodebrik's have reasons of their own."""
    known = named("qa-reason.", reason)
    return known if isinstance(known, Message) else reason.replace("_", " ")


def line(result: CaseResult) -> str:
    """Give one case as one line."""
    if result.skipped:
        return Message("qa.case-skipped", name=result.case.name, why=result.skipped)
    return Message(
        "qa.case-passed" if result.passed else "qa.case-failed",
        name=result.case.name,
        promise=result.case.promise,
    )


def details(result: CaseResult) -> Iterator[str]:
    """Give one line for each unexpected answer and for an error."""
    for wrong in _wrong(result):
        yield prefixed(_MARGIN, wrong)


def _wrong(result: CaseResult) -> Iterator[str]:
    if result.error:
        yield result.error
    for each in result.submissions:
        if not each.passed:
            yield Message(
                "qa.unexpected",
                user=each.user_id,
                note=each.note,
                expected=expectation(each),
                answer=answer(each),
            )


def retrying(attempt: CaseResult) -> str:
    """Say that a case is played again, and why."""
    return Message(
        "qa.retrying",
        name=attempt.case.name,
        number=len(attempt.attempts) + 1,
        reason=failure(attempt),
    )


def failure(result: CaseResult) -> str:
    """Give what was wrong first."""
    return next(_wrong(result))


def summary(report: Report) -> list[str]:
    """Give the last lines of a run."""
    median, slowest = answer_times(report)
    cause = likely_cause(report.submissions)
    return [
        *([] if cause is None else [cause]),
        *([] if report.ended is None else [Message("qa-ended." + report.ended)]),
        Message(
            "qa.summary-app" if report.app else "qa.summary",
            passed=len(report.done) - len(report.failed),
            done=len(report.done),
            skipped=len(report.skipped),
            presses=report.presses,
            submissions=len(report.submissions),
        ),
        *([Message("qa.retried", count=len(report.retried))] if report.retried else []),
        *(
            []
            if report.app  # what an app device sends is not timed
            else [Message("qa.answer-times", median=median * 1000, slowest=slowest * 1000)]
        ),
    ]


def as_json(report: Report) -> dict[str, Any]:
    """Give the whole report for JSON."""
    median, slowest = answer_times(report)
    return {
        "token": report.token,
        "against": report.against,
        "likely_cause": likely_cause(report.submissions),
        "ended_early": report.ended,
        "seed": report.seed,
        "time": report.time,
        "started_at": report.started_at,
        "passed": len(report.done) - len(report.failed),
        "failed": len(report.failed),
        "skipped": len(report.skipped),
        "retried": len(report.retried),
        "answer_ms": {"median": round(median * 1000, 3), "p99": round(slowest * 1000, 3)},
        "cases": [_case(result, repetition(report, result)) for result in report.results],
    }


def _case(result: CaseResult, repetition: str | None) -> dict[str, Any]:
    failed = not result.skipped and not result.passed
    return {
        "case": result.case.name,
        "promise": result.case.promise,
        "passed": None if result.skipped else result.passed,
        "skipped": result.skipped,
        "attempts": [
            {"reason": failure(attempt)} | _what_happened(attempt) for attempt in result.attempts
        ],
        **_what_happened(result),
        "repeat": repetition if failed else None,
    }


def _what_happened(result: CaseResult) -> dict[str, Any]:
    return {
        "error": result.error,
        "presses": [_press(each) for each in result.presses],
        "submissions": [_submission(each) for each in result.submissions],
        "screens": [_screen(each) for each in result.screens],
        "log": _entries(result.log),
        "link": _entries(result.link),
    }


def _entries(logs: Mapping[str, tuple[LogEntry, ...]]) -> dict[str, list[dict[str, Any]]]:
    return {
        serial: [{"at": each.at, "text": each.text} for each in entries]
        for serial, entries in logs.items()
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


def _screen(screen: Screen) -> dict[str, Any]:
    kept = {} if screen.picture is None else {"picture": screen.picture.name}
    return {"user_id": screen.user_id, "says": screen.says} | kept


def _submission(each: Submission) -> dict[str, Any]:
    given = each.answer
    return {
        "user_id": each.user_id,
        "code": each.code,
        "what": each.note,
        "at": each.at,
        "read_at": each.press and each.press.at,
        "read_from": each.press and each.press.user_id,
        "expected": expectation(each),
        "answer": answer(each),
        "reason": given.reason,
        "steps": given.steps,
        "took_ms": round(given.took * 1000, 3),
        "passed": each.passed,
    }
