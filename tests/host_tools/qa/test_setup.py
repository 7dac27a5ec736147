"""What keeps a run from beginning is found before anything is pressed, with an exit code of its
own; and what made every right code wrong is named."""

import json
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer

from host_tools.cli import main
from host_tools.cli.commands.qa import run as command
from host_tools.errors import ExitCode
from host_tools.qa.cases.log import ACCEPTED, Press, Submission, refused
from host_tools.qa.report.cause import likely_cause
from host_tools.qa.runner import RealToken
from host_tools.qa.targets.http import HttpClient, Reply, seconds_ahead
from host_tools.qa.targets.target import Answer
from host_tools.qa.time_source import VirtualTime
from host_tools.qa.tokens.manual import ManualToken
from host_tools.qa.tokens.reading import Reading
from host_tools.validator.records import Role
from tests.support.command_line.files import private
from tests.support.validator.clock import VirtualClock
from tests.support.validator.server import ServerFolder
from tests.support.validator.tokens import EnrolledToken


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A server's folder: the active tokens of anna.holm (T1), carl.dam (T3), dan.berg (T4) and
    eva.dahl (T5), and T2 that is assigned to bo.lund."""
    folder = tmp_path_factory.mktemp("server")
    place = ServerFolder(folder, f"sqlite:///{folder / 'validator.db'}")
    clock = VirtualClock()
    with place.open() as validator:
        tokens = [EnrolledToken(f"T{number}", "", clock).new() for number in range(1, 6)]
        validator.import_tokens(tokens, actor="test")
        users = {"T1": "anna.holm", "T3": "carl.dam", "T4": "dan.berg", "T5": "eva.dahl"}
        validator.assign_tokens(users, activate=True, actor="test")
        validator.assign_tokens({"T2": "bo.lund"}, actor="test")
    return place


@pytest.fixture(scope="module")
def checker_key(place):
    """An API key that may have codes checked and nothing else."""
    with place.open() as validator:
        return validator.create_api_key("checker", Role.CHECKER, actor="test")[1].reveal().decode()


@pytest.fixture(scope="module")
def server(place, checker_key):
    """A server that runs."""
    with place.server() as running:
        yield running


@pytest.fixture
def real(monkeypatch, capsys, server, tmp_path):
    """Run against the server with a real token, which nobody may be asked to press: exit code and
    error."""

    def act(serial: str, user: str, *options: str, key: str = server.key, as_json: bool = True):
        def ask(question: str) -> str:
            raise AssertionError(question)

        token = RealToken("kodeviser", serial, user, ask)
        monkeypatch.setattr(command, "_real_token", lambda *_: token)
        key_file = private(tmp_path / "key", key)
        asked = ["--token", "/dev/tty0", "--against", server.url, "--api-key-file", key_file]
        code = main([*options, "qa", "run", *asked, *(["--json"] if as_json else [])])
        said = capsys.readouterr()
        return code, json.loads(said.out) if as_json else said.err

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
    code, told = real("T1", "anna.holm", key="no-key-of-this-server")
    assert (code, told["id"]) == (ExitCode.NOT_READY, "qa-api-key-unknown")
    assert "does not know the API key" in told["error"]


def test_a_key_of_another_role_is_told_which_role_it_must_have(real, checker_key):
    code, told = real("T1", "anna.holm", key=checker_key)
    assert (code, told["id"]) == (ExitCode.NOT_READY, "qa-api-key-role")
    assert "--role administrator" in told["hint"]


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


class Person:
    """Presses a token whose secret is not the server's: types another wrong code each time, and
    Ctrl-C at the press `stops_at`."""

    def __init__(self, stops_at: int = 0) -> None:
        self.stops_at = stops_at
        self.asked = 0

    def __call__(self, question: str) -> str:
        self.asked += 1
        if self.asked == self.stops_at:
            raise KeyboardInterrupt
        return f"{self.asked:06}"


@pytest.fixture
def other_secret(monkeypatch, capsys, server, tmp_path):
    """Run with a person's token against the server, waits being over at once: the exit code, what
    was printed as JSON, the waits, and the folder of the report."""

    def act(person: Person, serial: str, user: str):
        waits: list[str] = []
        monkeypatch.setattr(
            "host_tools.qa.time_source.RealTime.wait_until",
            lambda self, moment, why: waits.append(f"{moment - self.now():.0f} s: {why}"),
        )
        token = RealToken("kodeviser", serial, user, person)
        monkeypatch.setattr(command, "_real_token", lambda *_: token)
        key_file, page = private(tmp_path / "key", server.key), tmp_path / "page"
        asked = ["--token", "/dev/tty0", "--against", server.url, "--api-key-file", key_file]
        code = main(["qa", "run", *asked, "--json", "--html", str(page)])
        return code, json.loads(capsys.readouterr().out), waits, page

    return act


def test_a_run_with_another_secret_ends_after_two_refused_codes_with_the_cause(other_secret):
    person = Person()
    code, told, waits, page = other_secret(person, "T3", "carl.dam")
    assert code == ExitCode.CHECK_FAILED
    assert person.asked == 2
    assert "the server has another secret" in told["likely_cause"]
    assert told["ended_early"] == "refused"
    assert [len(each["attempts"]) + 1 for each in told["cases"]] == [2]
    assert not any("locked" in each for each in waits)
    assert "Likely cause" in (page / "index.html").read_text()


def test_ctrl_c_leaves_a_report_of_what_was_played(other_secret):
    code, told, _, page = other_secret(Person(stops_at=2), "T4", "dan.berg")
    assert code == ExitCode.INTERRUPTED
    assert told["ended_early"] == "interrupted"
    assert told["failed"] == 1
    assert "the server has another secret" in told["likely_cause"]
    assert "Stopped by Ctrl-C" in (page / "index.html").read_text()


def test_ctrl_c_at_the_question_for_a_code_ends_the_run_likewise(monkeypatch):
    def abort(question: str) -> str:
        raise typer.Abort

    @contextmanager
    def port(name: str):
        yield None, SimpleNamespace(product="kodeviser", serial="T1")

    monkeypatch.setattr(command, "open_port", port)
    monkeypatch.setattr(command, "ask", abort)
    with pytest.raises(KeyboardInterrupt):
        command._real_token("/dev/tty0", "anna.holm", speak=False).ask("Press")


def test_a_refused_code_is_not_asked_for_again_in_its_step(other_secret):
    _, told, waits, _ = other_secret(Person(), "T5", "eva.dahl")
    (case,) = told["cases"]
    first, _second = (each["presses"][0] for each in (*case["attempts"], case))
    begins = (first["at"] // 30 + 1) * 30
    wait = next(each for each in waits if "must be a new one" in each and not each.startswith("-"))
    assert float(wait.split()[0]) == pytest.approx(begins + 1 - first["at"], abs=3)


def test_a_person_who_types_the_same_code_again_is_told_to_wait_for_another():
    asked: list[str] = []
    answers = iter(["123456", "123 456", "654321", "654321", "654321", "654321", "654321"])

    def person(question: str) -> str:
        asked.append(question)
        return next(answers)

    token = ManualToken("kodeviser", VirtualTime(0.0), person)
    assert [token.press("").code() for _ in range(3)] == ["123456", "654321", "654321"]
    assert "was typed before" not in asked[0] + asked[1]
    assert "was typed before" in asked[2]
    assert len(asked) == 7, "a token whose clock stands still has no other code"


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
        ([no("locked_out"), no("locked_out")], "locked out before the run"),
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


def test_a_refusal_of_our_server_speaks_the_language_of_the_command(real):
    code, told = real("T9", "anna.holm", "--lang", "da")
    assert (code, told["id"]) == (ExitCode.NOT_READY, "server-refused")
    assert "There is no token with the serial number 'T9'" in told["error"]  # JSON is English
    _, said = real("T9", "anna.holm", "--lang", "da", as_json=False)
    assert "Der er ingen kodebrik med serienummeret 'T9'" in said
    assert "There is no" not in said


def test_what_another_server_says_is_told_as_it_is():
    client = HttpClient("http://127.0.0.1:1", {})
    for told in ({"error": "Nope.", "id": "nothing-of-ours"}, {"error": "Nope."}):
        assert "Nope." in client.refused("-", Reply(404, told, 0.0, None)).text("da")
