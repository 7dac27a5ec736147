"""`qa run --app`: our server passes every case, a faulty one is caught by the case about it."""

import json
import random
import string
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

import pytest

from host_tools.cli import main
from host_tools.errors import ExitCode
from host_tools.qa.apps.cases import APP_CASES, AppEnvironment
from host_tools.qa.apps.devices import PythonDevices
from host_tools.qa.apps.play import play
from host_tools.qa.apps.server import opened
from host_tools.qa.targets.selection import LOCAL, TargetSelection
from host_tools.qa.time_source import VIRTUAL_START, RealTime, VirtualTime
from host_tools.secret import Secret
from host_tools.validator.app_records import ApprovalState
from host_tools.validator.operations.app import answers, approvals, reports, sessions
from host_tools.validator.records import Role
from tests.support.validator.server import ServerFolder

SELECTION = TargetSelection(LOCAL)


def outcomes(folder: Path) -> dict[str, bool]:
    """Play every case; say which have passed."""
    clock = VirtualTime(VIRTUAL_START)
    with opened(SELECTION, folder, clock) as server, closing(PythonDevices(server)) as devices:
        env = AppEnvironment(server, devices, clock, random.Random(1))
        return {each.case.name: each.passed for each in play(env, APP_CASES, lambda _: None)}


def test_our_server_passes_every_case(tmp_path: Path):
    assert outcomes(tmp_path) == dict.fromkeys((case.name for case in APP_CASES), True)


def _block_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reports, "has_reported", lambda *_: False)
    patch.setattr(
        answers,
        "_shown",
        lambda _, rows, reference: next((row for row in rows if row.reference == reference), None),
    )


FAULTS: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], set[str]]] = {
    "signatures are not verified": (
        lambda patch: patch.setattr(answers, "_is_proven", lambda *_: True),
        {"app-altered", "app-replayed"},
    ),
    "nothing expires": (
        lambda patch: patch.setattr(
            approvals, "state_of", lambda row, now: ApprovalState(row.state)
        ),
        {"app-expired"},
    ),
    "digits are not compared": (
        lambda patch: patch.setattr(answers.hmac, "compare_digest", lambda one, other: True),
        {"app-wrong-digits"},
    ),
    "blocked devices answer": (
        lambda patch: patch.setattr(
            answers.sessions, "usable", lambda unit, token: answers.AppReason.ACCEPTED
        ),
        {"app-blocked"},
    ),
    "reports block nothing": (_block_nothing, {"app-reported"}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_server_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str):
    break_it, expected = FAULTS[fault]
    break_it(monkeypatch)
    failed = {name for name, passed in outcomes(tmp_path).items() if not passed}
    assert failed >= expected
    assert "app-right" not in failed


def test_the_command_reports_as_for_tokens(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    def command(*arguments: str) -> tuple[int, str]:
        capsys.readouterr()
        code = main(list(arguments))
        return code, capsys.readouterr().out

    junit, html = tmp_path / "app.xml", tmp_path / "page"
    code, out = command(
        "qa", "run", "--app", "--seed", "7", "--json", "--junit", str(junit), "--html", str(html)
    )
    told = json.loads(out)
    assert (code, told["passed"], told["failed"]) == (0, len(APP_CASES), 0)
    assert told["token"] == "an app device in Python"
    assert len(ElementTree.parse(junit).getroot().findall(".//testcase")) == len(APP_CASES)
    assert "app-altered" in (html / "index.html").read_text()
    code, out = command("qa", "run", "--app", "--case", "app-right")
    assert code == 0
    assert "app-right" in out
    assert command("qa", "run", "--app", "--case", "right")[0] == ExitCode.USAGE
    assert "0 skipped" in out
    assert "codes read" not in out
    assert command("qa", "run", "--app", "--against", "radius:host")[0] == ExitCode.USAGE
    for option in (("--codes", "20"), ("--product", "kodeoplaeser"), ("--window", "2")):
        code, out = command("qa", "run", "--app", *option, "--json")
        assert (code, json.loads(out)["id"]) == (ExitCode.USAGE, "qa-needs-token")


def test_a_device_that_the_server_does_not_open_ends_its_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sessions, "_is_proven", lambda *_: False)
    assert not any(outcomes(tmp_path).values())


def test_a_running_server_is_tested_over_http_in_real_time(tmp_path: Path):
    place = ServerFolder(tmp_path, f"sqlite:///{tmp_path / 'validator.db'}")
    party = '[[app.parties]]\nid = "qa"\nname = "QA"\nkeys = ["test"]\n'
    place.settings.write_text("guesses_per_minute = 600.0\n" + party)
    with place.server() as server:
        selection = TargetSelection(server.url, Secret(server.key.encode()))
        clock = RealTime(lambda _: None)
        with (
            opened(selection, tmp_path, clock) as opened_server,
            closing(PythonDevices(opened_server)) as devices,
        ):
            env = AppEnvironment(opened_server, devices, clock, random.Random(1))
            results = play(env, APP_CASES, lambda _: None)
    assert {each.case.name: each.skipped for each in results if each.skipped} == {
        "app-expired": "it waits for five minutes, and this server lives in real time"
    }
    assert [each for each in results if not each.skipped and not each.passed] == []
    with place.open() as validator:
        assert validator.users().items == ()
        assert validator.verify_audit().broken == ()


def test_a_drawn_user_id_is_never_a_cpr_number(tmp_path: Path):
    with opened(SELECTION, tmp_path, VirtualTime(VIRTUAL_START)) as server:
        drawn = [server.user() for _ in range(20)]
    assert not any(set(user_id) & set(string.digits) for user_id in drawn)


def test_a_key_that_does_not_fit_is_found_before_a_case_is_played(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    place = ServerFolder(tmp_path, f"sqlite:///{tmp_path / 'validator.db'}")
    party = '[[app.parties]]\nid = "qa"\nname = "QA"\nkeys = ["test", "front"]\n'
    place.settings.write_text(party)
    with place.open() as validator:
        _, front = validator.create_api_key("front", Role.CHECKER, actor="test")
        _, other = validator.create_api_key("other", Role.ADMINISTRATOR, actor="test")
    keys = {"qa-api-key-role": front, "qa-app-server": other, "qa-api-key-unknown": Secret(b"none")}
    with place.server() as server:
        for identifier, key in keys.items():
            file = tmp_path / identifier
            file.touch(0o600)
            file.write_bytes(key.reveal())
            run = ["qa", "run", "--app", "--against", server.url, "--api-key-file", str(file)]
            assert main([*run, "--json"]) == ExitCode.NOT_READY
            assert json.loads(capsys.readouterr().out)["id"] == identifier
    with place.open() as validator:
        assert validator.users().items == ()
