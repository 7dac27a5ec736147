"""`kodebrik qa run` in real time, from its first line to its report, against servers that other
people wrote."""

import json
import shutil
from pathlib import Path

import pytest

from host_tools.cli import main
from host_tools.errors import ExitCode
from host_tools.qa.cases.case_list import (
    CASES,
    CHALLENGES,
    EARLY,
    KEYPAD,
    LOCKS,
    RESYNCHRONISES,
    VIRTUAL,
)
from tests.interop import freeradius, own_server, privacyidea

pytestmark = pytest.mark.timeout(1200)  # most of it is waiting: for steps, and for locks to end
TOKENS = 6  # so many take turns, that few cases wait for a token's next code


def report(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    """Play every case once; what the run reports."""
    run = [
        "qa",
        "run",
        "--codes",
        "1",
        "--tokens",
        str(TOKENS),
        "--seed",
        "1",
        "--json",
        *arguments,
    ]
    exit_code = main(run)
    captured = capsys.readouterr()
    assert exit_code == ExitCode.OK, captured.out + captured.err
    return json.loads(captured.out)


def private(path: Path, content: str) -> str:
    """Write a file that is nobody else's to read."""
    path.touch(0o600)
    path.write_text(content)
    return str(path)


def playable(*lacking: str) -> set[str]:
    return {case.name for case in CASES if not case.needs & set(lacking)}


def played(told: dict) -> set[str]:
    return {case["case"] for case in told["cases"] if case["passed"]}


@pytest.mark.skipif(not privacyidea.installed(), reason=privacyidea.ABSENT)
def test_privacyidea_answers_every_case_that_it_can_be_asked_as_it_must(tmp_path: Path, capsys):
    with privacyidea.running() as server:
        password = private(tmp_path / "password", server.password)
        way = ("--admin", privacyidea.ADMIN, "--admin-password-file", password)
        told = report(capsys, "--against", f"privacyidea:{server.url}", *way)
        left = server.ask("GET", "/token/")["count"]
    assert played(told) == playable(VIRTUAL, RESYNCHRONISES, LOCKS, EARLY, KEYPAD, CHALLENGES)
    assert told["failed"] == 0
    assert left == 0, "its tokens are deleted at the end"


@pytest.mark.skipif(
    freeradius.program() is None or shutil.which("radclient") is None, reason=freeradius.ABSENT
)
def test_freeradius_before_our_server_answers_every_case_that_it_can_be_asked_as_it_must(
    tmp_path: Path, capsys
):
    (tmp_path / "server").mkdir()
    (tmp_path / "radius").mkdir()
    with (
        own_server.running(tmp_path / "server", {}) as server,
        freeradius.running(tmp_path / "radius", server.url, server.api_key) as radius,
    ):
        key = private(tmp_path / "key", server.administrator_key)
        secret = private(tmp_path / "secret", freeradius.SECRET)
        way = ("--radius-secret-file", secret, "--enrol", server.url, "--api-key-file", key)
        told = report(capsys, "--against", f"radius:127.0.0.1:{radius.port}", *way)
    assert played(told) == playable(VIRTUAL, RESYNCHRONISES, KEYPAD, CHALLENGES)
    assert told["failed"] == 0
