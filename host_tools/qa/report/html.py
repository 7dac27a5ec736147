"""A run as HTML with pictures and sounds: a page of all cases, and one more of each failed attempt.
WCAG 2.2 AA, no script, no external resources."""

from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from host_tools.otp import codes
from host_tools.qa.cases.log import Press
from host_tools.qa.cases.schedule import CaseResult
from host_tools.qa.report import report as summaries
from host_tools.qa.report import waveform
from host_tools.qa.report.report import Report

PAGE = "index.html"


def write(report: Report, folder: Path) -> Path:
    """Write the pages into `folder`, beside the run's pictures and sounds; give the path of the
    page of all cases."""
    environment = Environment(
        loader=PackageLoader("host_tools.qa.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.globals |= {
        "answer": summaries.answer,
        "expectation": summaries.expectation,
        "details": summaries.details,
    }
    environment.globals |= {"at": _at, "shown": _shown, "said": _said, "wave": _wave}
    environment.globals |= {"page_of": page_of, "repetition": summaries.repetition}
    environment.globals |= {"failure": summaries.failure}
    case = environment.get_template("case.html")
    for result in (*report.retried, *report.failed):
        page = folder / page_of(result)
        page.write_text(case.render(report=report, result=result), encoding="utf-8")
    median, slowest = summaries.answer_times(report)
    page = folder / PAGE
    page.write_text(
        environment.get_template("run.html").render(
            report=report,
            summary=summaries.summary(report),
            median=median,
            slowest=slowest,
            started=f"{_at(report.started_at)} UTC",
        ),
        encoding="utf-8",
    )
    return page


def page_of(result: CaseResult) -> str:
    """Give the file name of the own page of a failed case, or of one attempt at it."""
    attempt = len(result.attempts)
    return f"case-{result.number}-{attempt + 1}.html" if attempt else f"case-{result.number}.html"


def _wave(press: Press) -> Markup:
    """Draw the sound of a press; nothing when there is none."""
    reading = press.reading
    if reading.sound is None or reading.spoken is None:
        return Markup("")
    digits = reading.spoken.played or ""
    drawn = waveform.draw(reading.sound, digits, reading.spoken.spans, f"wave-{press.number}")
    return Markup(drawn)  # noqa: S704 - of our own, without a text from elsewhere


def _at(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _shown(press: Press) -> str:
    """Describe a picture."""
    return (
        "The display shows: " + ", ".join(press.reading.lines)
        if press.reading.lines
        else "The display is dark"
    )


def _said(press: Press) -> str:
    """Describe a sound: the code as it was understood, and the clips."""
    spoken = press.reading.spoken
    if spoken is None or spoken.understood is None:
        return "No code was understood."
    return (
        f"Understood: {codes.grouped(spoken.understood)}. Clips played: {', '.join(spoken.clips)}."
    )
