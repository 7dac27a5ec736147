"""What keeps a run from beginning is found before anything is pressed, with an exit code of its
own; and what made every right code wrong is named."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from host_tools.cli import main
from host_tools.cli.commands.qa import run as command
from host_tools.errors import ExitCode
from host_tools.qa.cases.log import ACCEPTED, Press, Submission, refused
from host_tools.qa.report.cause import likely_cause
from host_tools.qa.runner import RealToken
from host_tools.qa.targets.http import seconds_ahead
from host_tools.qa.targets.target import Answer
from host_tools.qa.tokens.reading import Reading
from tests.support.command_line.files import private
from tests.support.validator.clock import VirtualClock
from tests.support.validator.server import ServerFolder
from tests.support.validator.tokens import EnrolledToken


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server with anna.holm's active token T1, and T2 that is assigned to bo.lund."""
    folder = tmp_path_factory.mktemp("server")
    place = ServerFolder(folder, f"sqlite:///{folder / 'validator.db'}")
    clock = VirtualClock()
    with place.open() as validator:
        tokens = [EnrolledToken(serial, "", clock).new() for serial in ("T1", "T2")]
        validator.import_tokens(tokens, actor="test")
        validator.assign_tokens({"T1": "anna.holm"}, activate=True, actor="test")
        validator.assign_tokens({"T2": "bo.lund"}, actor="test")
    with place.server() as running:
        yield running


@pytest.fixture
def real(monkeypatch, capsys, server, tmp_path):
    """Run against the server with a real token, which nobody may be asked to press: exit code and
    error."""

    def act(serial: str, user: str, key: str = server.key):
        def ask(question: str) -> str:
            raise AssertionError(question)

        token = RealToken("kodeviser", serial, user, ask)
        monkeypatch.setattr(command, "_real_token", lambda *_: token)
        key_file = private(tmp_path / "key", key)
        asked = ["--token", "/dev/tty0", "--against", server.url, "--api-key-file", key_file]
        code = main(["qa", "run", *asked, "--json"])
        return code, json.loads(capsys.readouterr().out)

    return act


@pytest.mark.parametrize(
    ("serial", "user", "identifier"),
    [
        ("T1", "bo.lund", "qa-token-of-other"),
        ("T2", "bo.lund", "qa-token-not-active"),
        ("T9", "anna.holm", "server-refused"),
    ],
)
def test_a_token_that_cannot_be_tested_is_found_before_it_is_pressed(
    real, serial, user, identifier
):
    code, told = real(serial, user)
    assert (code, told["id"]) == (ExitCode.NOT_READY, identifier)
    assert serial in told["error"]


def test_a_wrong_api_key_is_found_before_anything_is_pressed(real):
    code, told = real("T1", "anna.holm", key="no key of this server")
    assert (code, told["id"]) == (ExitCode.NOT_READY, "server-refused")
    assert "401" in told["error"]


def test_a_wrong_clock_has_the_same_exit_code(real, monkeypatch):
    monkeypatch.setattr("host_tools.qa.targets.rest.RestTarget.clock_ahead", lambda self: -77.0)
    code, told = real("T1", "anna.holm")
    assert (code, told["id"]) == (ExitCode.NOT_READY, "server-clock-behind")
    assert "77" in told["error"]


@pytest.mark.parametrize(
    ("told", "sent", "received", "ahead"),
    [
        (100, 100.9, 101.2, 0),
        (100, 90.0, 130.0, 0),  # a slow answer says nothing
        (100, 100.0, 100.0, 0),
        (100, 107.5, 108.0, -6.5),  # the server's second was over before the request
        (100, 95.0, 95.5, 4.5),
    ],
)
def test_a_clock_is_off_by_what_the_duration_of_the_request_does_not_explain(
    told, sent, received, ahead
):
    assert seconds_ahead(told, sent, received) == ahead


def submissions(*answers: Answer) -> list[Submission]:
    press = Press("anna", 1, Reading(0.0, "123456", ("123 456",), None))
    one = Submission("anna", press, "123456", "", 0.0, ACCEPTED, answers[0])
    return [replace(one, answer=answer) for answer in answers]


def no(reason: str | None, steps: int | None = None) -> Answer:
    return Answer(False, reason, steps, 0.0)


YES = Answer(True, "accepted", 0, 0.0)


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        (
            [no("wrong"), no("wrong"), no("locked_out"), no("locked_out"), no("locked_out")],
            "secret",
        ),
        ([no(None), no(None)], "secret"),
        ([no("late", -4), no("late", -4), no("locked_out")], "about 120 s behind"),
        ([no("early", 2), no("wrong"), no("early", 2)], "about 60 s ahead"),
        ([no("unknown_user"), no("unknown_user")], "another user"),
        ([no("not_active")], "The right code was refused"),
    ],
)
def test_when_every_right_code_was_refused_the_likely_cause_is_named(answers, told):
    cause = likely_cause(submissions(*answers))
    assert cause is not None
    assert told in cause


def test_no_cause_is_sought_when_a_right_code_was_accepted_or_none_was_tried():
    assert likely_cause(submissions(no("wrong"), YES)) is None
    wrong = [replace(each, expected=refused("wrong")) for each in submissions(no("wrong"))]
    assert likely_cause(wrong) is None
    assert likely_cause([]) is None


def test_the_report_begins_with_the_cause(monkeypatch, capsys, tmp_path: Path):
    for name in ("submit", "resynchronise"):
        monkeypatch.setattr(
            f"host_tools.qa.targets.local.LocalTarget.{name}", lambda *_, **__: no("wrong")
        )
    page = tmp_path / "page"
    asked = ["qa", "run", "--tokens", "2", "--codes", "1", "--seed", "1", "--html", str(page)]
    assert main(asked) == ExitCode.CHECK_FAILED
    said = capsys.readouterr().out
    assert said.index("Likely cause: the server has another secret") < said.index("cases passed")
    shown = (page / "index.html").read_text()
    assert shown.index("Likely cause") < shown.index("<main>")
    assert '<label for="failures">Show failures only' in shown
    assert '<section id="case-' in shown
