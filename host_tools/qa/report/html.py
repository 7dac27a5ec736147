"""A run as an HTML page with pictures and sounds: WCAG 2.2 AA, no script, no external resources."""

from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from host_tools.otp import codes
from host_tools.qa.cases.log import Press
from host_tools.qa.report import report as summaries
from host_tools.qa.report.report import Report

PAGE = "index.html"


def write(report: Report, folder: Path) -> Path:
    """Write the page into `folder`, beside the run's pictures and sounds; give its path."""
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
    environment.globals |= {"at": _at, "shown": _shown, "said": _said}
    median, slowest = summaries.answer_times(report)
    page = folder / PAGE
    page.write_text(
        environment.get_template("run.html").render(
            report=report,
            summary=summaries.summary(report),
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
