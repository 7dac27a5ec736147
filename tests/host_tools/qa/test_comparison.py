"""`qa run --case` and `--compare`: cases by themselves, and what has changed since a run."""

import json
from pathlib import Path
from typing import Any

import pytest

from host_tools.cli import main
from host_tools.errors import ExitCode
from host_tools.qa.report import comparison


def run(capsys: pytest.CaptureFixture[str], *options: str, code: int = 0) -> dict[str, Any]:
    assert main(["qa", "run", "--seed", "7", *options, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def submitted(report: dict[str, Any], name: str) -> list[tuple[float, str]]:
    """Give by how much later and as what each code of a case was submitted."""
    case = next(each for each in report["cases"] if each["case"] == name)
    return [(each["at"] - each["read_at"], each["what"]) for each in case["submissions"]]


def test_a_case_alone_draws_what_it_drew_in_the_whole_run(
    capsys: pytest.CaptureFixture[str],
) -> None:
    whole = run(capsys, "--codes", "1")
    alone = run(capsys, "--case", "late", "--case", "late")
    assert [each["case"] for each in alone["cases"]] == ["late"]
    assert [what for _, what in submitted(alone, "late")] == [
        what for _, what in submitted(whole, "late")
    ]
    assert submitted(alone, "late")[0][0] == pytest.approx(submitted(whole, "late")[0][0], abs=30)


def test_an_unknown_case_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["qa", "run", "--case", "latte"]) == ExitCode.USAGE
    assert "replayed" in capsys.readouterr().err


def test_what_has_changed_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = run(capsys, "--case", "right", "--case", "replayed")
    assert before["cases"][0]["passed"]
    earlier = tmp_path / "earlier.json"
    earlier.write_text(json.dumps(before))
    again = run(capsys, "--case", "right", "--case", "replayed", "--compare", str(earlier))
    assert again["changes"] == []
    for case in before["cases"]:
        case["passed"] = case["case"] != "right"
    earlier.write_text(json.dumps(before))
    options = ["--case", "right", "--case", "late", "--compare", str(earlier)]
    assert run(capsys, *options)["changes"] == [
        {"case": "late", "before": "absent", "now": "passed"},
        {"case": "replayed", "before": "passed", "now": "absent"},
        {"case": "right", "before": "failed", "now": "passed"},
    ]
    assert main(["qa", "run", *options, "--lang", "en"]) == ExitCode.OK
    printed = capsys.readouterr().out
    assert "3 cases have another outcome than in the run of" in printed
    assert "right: passes now; failed before" in printed
    assert "replayed: not played now; passed before" in printed


def test_a_case_that_failed_once_has_failed(tmp_path: Path) -> None:
    cases = [
        {"case": "right", "passed": passed, "skipped": skipped}
        for passed, skipped in ((None, "why"), (True, None), (False, None), (True, None))
    ]
    file = tmp_path / "earlier.json"
    file.write_text(json.dumps({"cases": cases, "seed": 1, "started_at": 0}))
    assert comparison.load(file).outcomes == {"right": "failed"}


@pytest.mark.parametrize("content", ["", "[]", '{"cases": [{}]}', '{"cases": []}', "\xff"])
def test_a_file_that_is_no_report_is_refused(
    tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "earlier.json"
    file.write_text(content, encoding="latin-1")
    assert main(["qa", "run", "--compare", str(file)]) == ExitCode.BAD_INPUT
    assert "--json" in capsys.readouterr().err
    assert main(["qa", "run", "--compare", str(tmp_path / "none")]) == ExitCode.FILE
