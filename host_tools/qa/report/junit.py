"""A run as JUnit XML for CI servers (the format of Ant's task, as Jenkins' xunit plug-in describes
it)."""

from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

from host_tools import whole_files
from host_tools.qa.cases.schedule import CaseResult
from host_tools.qa.report.report import Report, answer, details, expectation, failure


def write(report: Report, path: Path) -> None:
    """Write one suite with a test case for each case that ran or was skipped."""
    suite = ElementTree.Element(
        "testsuite",
        name=f"kodebrik qa run: {report.token} against {report.against}",
        tests=str(len(report.results)),
        failures=str(sum(1 for result in report.failed if not result.error)),
        errors=str(sum(1 for result in report.failed if result.error)),
        skipped=str(len(report.skipped)),
        time=f"{sum(result.took for result in report.results):.3f}",
        timestamp=datetime.fromtimestamp(report.started_at, UTC).strftime("%Y-%m-%dT%H:%M:%S"),
    )
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in (
        ("seed", str(report.seed)),
        ("time", report.time),
        *([] if report.ended is None else [("ended_early", report.ended)]),
    ):
        ElementTree.SubElement(properties, "property", name=name, value=value)
    for result in report.results:
        suite.append(_case(result))
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    whole_files.write(path, ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def _case(result: CaseResult) -> ElementTree.Element:
    case = ElementTree.Element(
        "testcase",
        classname="kodebrik.qa",
        name=f"{result.case.name} ({result.number})",
        time=f"{result.took:.3f}",
    )
    if result.skipped:
        ElementTree.SubElement(case, "skipped", message=result.skipped)
    elif not result.passed:
        what = [text.strip() for text in details(result)]
        error = ElementTree.SubElement(
            case, "error" if result.error else "failure", message=what[0]
        )
        error.text = "\n".join(what)
    for attempt in result.attempts:  # as Maven's Surefire names them
        kind = ("flaky" if result.passed else "rerun") + ("Error" if attempt.error else "Failure")
        ElementTree.SubElement(case, kind, message=failure(attempt), type="retried")
    lines = [result.case.promise]
    lines += [
        f"{each.code}: {each.note}; expected {expectation(each)}; {answer(each)}"
        for played in (*result.attempts, result)
        for each in played.submissions
    ]
    lines += [
        f"[[ATTACHMENT|{path}]]" for played in (*result.attempts, result) for path in _files(played)
    ]
    ElementTree.SubElement(case, "system-out").text = "\n".join(lines)
    return case


def _files(played: CaseResult) -> list[Path]:
    readings = (press.reading for press in played.presses)
    kept = [path for reading in readings for path in (reading.picture, reading.sound)]
    kept += [screen.picture for screen in played.screens]
    return [path for path in kept if path is not None]
