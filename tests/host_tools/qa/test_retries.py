"""Cases that fail in real time: played again and told of when time may be the reason, never when
the server accepted what it must refuse."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from host_tools.cli import main
from host_tools.errors import ExitCode
from host_tools.qa.time_source import RealTime
from tests.host_tools.qa import servers
from tests.support.command_line.files import private


@dataclass
class Played:
    """A run's exit code, what it printed as JSON and wrote to standard error, and its target."""

    code: int
    report: dict[str, Any]
    said: str
    target: servers.Faulty
    page: Path
    cases: list[ElementTree.Element] = field(default_factory=list)


@pytest.fixture
def play(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Played]:
    """Give play(fault, *options), which runs in real time, whose clock a sleep moves on at once."""
    now = [1_893_456_000.0]
    opened: list[servers.Faulty] = []

    def sleep(seconds: float) -> None:
        now[0] += seconds

    def played(fault, *options: str) -> Played:
        def target(selection, policy, time_source, folder, enrols):
            opened.append(servers.Faulty(folder, time_source, fault))
            return opened[-1]

        monkeypatch.setattr("host_tools.qa.runner.open_target", target)
        monkeypatch.setattr(
            "host_tools.qa.runner.RealTime", lambda say: RealTime(say, lambda: now[0], sleep)
        )
        private(tmp_path / "key", "a-key")
        arguments = ["--against", "http://127.0.0.1:9", "--api-key-file", str(tmp_path / "key")]
        arguments += ["--tokens", "2", "--seed", "3", "--html", str(tmp_path / "page")]
        arguments += ["--junit", str(tmp_path / "junit.xml"), "--json", *options]
        code = main(["qa", "run", *arguments])
        output = capsys.readouterr()
        suite: list[ElementTree.Element] = []
        if code != ExitCode.SILENT:
            suite = list(ElementTree.parse(tmp_path / "junit.xml").getroot()[0])
        return Played(
            code, json.loads(output.out), output.err, opened[-1], tmp_path / "page", suite
        )

    return played


def test_a_right_code_refused_once_is_submitted_again_and_told_of(play: Callable[..., Played]):
    done = play(servers.once(servers.refuses_everything), "--case", "right")
    assert done.code == ExitCode.OK
    reason = "the code just read: expected accepted; the server refused, wrong."
    assert "Playing right again, as attempt 1 failed: qa-d-" in done.said
    assert reason in done.said
    assert (done.report["retried"], done.report["failed"], done.report["passed"]) == (1, 0, 1)
    (case,) = done.report["cases"]
    assert case["passed"]
    (attempt,) = case["attempts"]
    assert attempt["reason"].endswith(reason)
    assert [each["passed"] for each in attempt["submissions"]] == [False]
    assert attempt["submissions"][0]["code"] != case["submissions"][0]["code"]
    assert any("check by qa" in line["text"] for lines in attempt["log"].values() for line in lines)


def test_the_page_and_junit_show_what_failed_before_it_passed(play: Callable[..., Played]):
    done = play(servers.once(servers.refuses_everything), "--case", "right")
    index = (done.page / "index.html").read_text()
    assert "Passed at attempt 2" in index
    assert '<a href="case-1.html">Attempt 1 failed</a>, and the case was played again' in index
    assert "1 attempt at a case failed in real time and was played again" in index
    assert (
        "expected accepted; the server refused, wrong." in (done.page / "case-1.html").read_text()
    )
    (case,) = [each for each in done.cases if each.tag == "testcase"]
    assert [each.tag for each in case] == ["flakyFailure", "system-out"]
    assert "expected accepted" in case.find("flakyFailure").get("message")


def test_a_server_that_was_silent_once_is_asked_again_with_another_code(
    play: Callable[..., Played],
):
    done = play(servers.once(servers.says_nothing), "--case", "right")
    assert done.code == ExitCode.OK
    assert "as attempt 1 failed" in done.said
    assert "timed out" in done.said
    (attempt,) = done.report["cases"][0]["attempts"]
    assert "timed out" in attempt["error"]
    assert attempt["presses"][0]["shown"] != done.report["cases"][0]["presses"][0]["shown"]
    assert done.cases[-1].find("flakyError") is not None


def test_a_server_that_stays_silent_ends_the_run(play: Callable[..., Played]):
    done = play(servers.says_nothing, "--case", "late-within")
    assert done.code == ExitCode.SILENT
    assert len(done.target.seen) == 3, "once, and two retries"
    assert done.said.count("Playing late-within again") == 2


def test_a_case_that_keeps_failing_has_failed(play: Callable[..., Played]):
    done = play(servers.has_no_window, "--case", "late-within")
    assert done.code == ExitCode.CHECK_FAILED
    assert (done.report["retried"], done.report["failed"]) == (2, 1)
    assert "Failed at 3 attempts" in (done.page / "index.html").read_text()
    for name in ("case-1.html", "case-1-2.html", "case-1-3.html"):
        assert "expected accepted; the server refused, late" in (done.page / name).read_text()
    assert [each.tag for each in done.cases[-1]][:3] == ["failure", "rerunFailure", "rerunFailure"]


def test_retries_can_be_forbidden(play: Callable[..., Played]):
    done = play(servers.has_no_window, "--case", "late-within", "--retries", "0")
    assert (done.report["retried"], done.report["failed"]) == (0, 1)


@pytest.mark.parametrize(
    ("fault", "case"),
    [(servers.accepts_late_codes, "late"), (servers.accepts_replays, "replayed")],
    ids=["late", "replay"],
)
def test_what_was_accepted_and_must_be_refused_is_never_retried(
    play: Callable[..., Played], fault, case: str
):
    done = play(fault, "--case", case)
    assert done.code == ExitCode.CHECK_FAILED
    assert (done.report["retried"], done.report["failed"]) == (0, 1)
    assert "again" not in done.said


def test_two_right_codes_that_are_refused_still_end_the_run(play: Callable[..., Played]):
    done = play(servers.refuses_everything)
    assert done.code == ExitCode.CHECK_FAILED
    assert done.report["ended_early"] == "refused"
    assert len(done.target.seen) == 2


def test_in_virtual_time_nothing_is_retried(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(
        "host_tools.qa.targets.selection.LocalTarget",
        lambda *given: servers.Faulty(*given, servers.once(servers.refuses_everything)),
    )
    code = main(["qa", "run", "--tokens", "2", "--seed", "3", "--case", "right", "--json"])
    assert code == ExitCode.CHECK_FAILED
    assert json.loads(capsys.readouterr().out)["retried"] == 0


def test_the_page_of_a_failed_case_has_the_frames_of_its_tokens_link(play: Callable[..., Played]):
    """The case enrols a token of its own, so that its link was in use."""
    done = play(servers.refuses_everything, "--case", "drift-within", "--retries", "0")
    (case,) = done.report["cases"]
    ((serial, frames),) = case["link"].items()
    texts = [each["text"] for each in frames]
    assert texts[0].startswith("link_to_token: hello, ")
    assert any(each.startswith("link_to_host: handshake, ") for each in texts)
    assert [each["at"] for each in frames] == sorted(each["at"] for each in frames)
    assert serial in case["log"], "the server's log is of the same token"
    page = (done.page / "case-1.html").read_text()
    assert page.index("What the server wrote down") < page.index("What crossed the link")
    assert texts[-1] in page
