"""A run as JUnit XML, as CI servers read it (the format of Ant's task, as Jenkins' xunit plug-in
describes it)."""

from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

from host_tools.qa.cases.schedule import Played
from host_tools.qa.report.report import Report, answer, details, expectation
from host_tools.qa.tokens.reading import Reading


def write(report: Report, path: Path) -> None:
    """Write one suite with a test case for each case that was played or skipped."""
    suite = ElementTree.Element(
        "testsuite",
        name=f"kodebrik qa run: {report.token} against {report.against}",
        tests=str(len(report.played)),
        failures=str(sum(1 for played in report.failed if not played.trouble)),
        errors=str(sum(1 for played in report.failed if played.trouble)),
        skipped=str(len(report.skipped)),
        time=f"{sum(played.took for played in report.played):.3f}",
        timestamp=datetime.fromtimestamp(report.started_at, UTC).strftime("%Y-%m-%dT%H:%M:%S"),
    )
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in (("seed", str(report.seed)), ("time", report.time)):
        ElementTree.SubElement(properties, "property", name=name, value=value)
    for played in report.played:
        suite.append(_case(played))
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def _case(played: Played) -> ElementTree.Element:
    case = ElementTree.Element(
        "testcase",
        classname="kodebrik.qa",
        name=f"{played.case.name} ({played.number})",
        time=f"{played.took:.3f}",
    )
    if played.skipped:
        ElementTree.SubElement(case, "skipped", message=played.skipped)
    elif not played.passed:
        what = [text.strip() for text in details(played)]
        trouble = ElementTree.SubElement(
            case, "error" if played.trouble else "failure", message=what[0]
        )
        trouble.text = "\n".join(what)
    lines = [played.case.promise]
    lines += [
        f"{each.code}: {each.note}; expected {expectation(each)}; {answer(each)}"
        for each in played.submissions
    ]
    lines += [f"[[ATTACHMENT|{path}]]" for each in played.presses for path in _files(each.reading)]
    ElementTree.SubElement(case, "system-out").text = "\n".join(lines)
    return case


def _files(reading: Reading) -> list[Path]:
    return [path for path in (reading.picture, reading.sound) if path is not None]
