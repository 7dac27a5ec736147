"""A run as a page with pictures and sounds, for eyes and ears: WCAG 2.2 AA, no script, nothing from
elsewhere."""

from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from host_tools.otp import codes
from host_tools.qa.cases.test_bed import Press
from host_tools.qa.report import report as words
from host_tools.qa.report.report import Report

PAGE = "index.html"


def write(report: Report, folder: Path) -> Path:
    """Write the page into `folder`, in which the pictures and sounds lie already; give its path."""
    loader = Environment(
        loader=PackageLoader("host_tools.qa.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    loader.globals |= {
        "answer": words.answer,
        "expectation": words.expectation,
        "details": words.details,
    }
    loader.globals |= {"at": _at, "shown": _shown, "said": _said}
    median, slowest = words.answer_times(report)
    page = folder / PAGE
    page.write_text(
        loader.get_template("run.html").render(
            report=report,
            summary=words.summary(report),
            median=median,
            slowest=slowest,
            started=datetime.fromtimestamp(report.started_at, UTC).strftime(
                "%Y-%m-%d %H:%M:%S UTC"
            ),
        ),
        encoding="utf-8",
    )
    return page


def _at(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _shown(press: Press) -> str:
    """Say what a picture shows."""
    return (
        "The display shows: " + ", ".join(press.reading.lines)
        if press.reading.lines
        else "The display is dark"
    )


def _said(press: Press) -> str:
    """Say what a sound holds, digit by digit, as it was understood."""
    spoken = press.reading.spoken
    if spoken is None or spoken.understood is None:
        return "No code was understood."
    return (
        f"Understood: {codes.grouped(spoken.understood)}. Clips played: {', '.join(spoken.clips)}."
    )
