"""`qa run --app --browser`: the cases of an app device with the web app in Chromium."""

import json
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Page, sync_playwright

from host_tools.cli import main
from host_tools.errors import ExitCode
from host_tools.qa import apps
from host_tools.qa.apps.cases import APP_CASES
from host_tools.validator.operations.app import answers
from tests.support import browser as chromium
from tests.support.validator.server import ServerFolder

PARTY = 'guesses_per_minute = 600.0\n[[app.parties]]\nid = "qa"\nname = "QA"\nkeys = ["test"]\n'


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a program that is the tests' Chromium, with the libraries that it needs."""
    with sync_playwright() as playwright:
        path, environment = chromium.program(playwright)
    script = tmp_path_factory.mktemp("chromium") / "chromium"
    settings = " ".join(f"{name}='{value}'" for name, value in environment.items())
    script.write_text(f'#!/bin/sh\n{settings} exec "{path}" "$@"\n')
    script.chmod(0o755)
    return script


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, dict[str, Any]]:
    """Run the command; give its exit code and what --json tells."""
    capsys.readouterr()
    code = main(["qa", "run", "--app", "--json", "--seed", "7", *map(str, arguments)])
    return code, json.loads(capsys.readouterr().out)


def failed(told: dict[str, Any]) -> set[str]:
    return {case["case"] for case in told["cases"] if case["passed"] is False}


def test_our_server_passes_every_case(capsys: pytest.CaptureFixture[str], program: Path):
    code, told = run(capsys, "--browser", program)
    assert (code, told["passed"], failed(told)) == (0, len(APP_CASES), set())
    assert not any(case["screens"] for case in told["cases"]), "kept of what failed alone"
    assert told["token"].startswith("the web app in Chromium ")


def test_a_running_server_is_tested_in_real_time(
    capsys: pytest.CaptureFixture[str], program: Path, tmp_path: Path
):
    place = ServerFolder(tmp_path, f"sqlite:///{tmp_path / 'validator.db'}")
    place.settings.write_text(PARTY)
    key = tmp_path / "key"
    with place.server() as server:
        key.write_text(server.key)
        key.chmod(0o600)
        where = ("--against", server.url, "--api-key-file", key)
        code, told = run(capsys, "--browser", program, *where, "--case", "app-at-once")
    assert (code, told["passed"], failed(told)) == (0, 1, set())


def test_a_server_that_verifies_no_signature_is_caught_and_the_apps_screens_are_kept(
    capsys: pytest.CaptureFixture[str],
    program: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(answers, "_is_proven", lambda *_: True)
    junit, html = tmp_path / "app.xml", tmp_path / "page"
    files = ("--junit", junit, "--html", html)
    code, told = run(capsys, "--browser", program, *files, "--case", "app-altered")
    assert (code, failed(told)) == (ExitCode.CHECK_FAILED, {"app-altered"})
    (case,) = told["cases"]
    (screen,) = case["screens"]
    name = screen["picture"]
    assert (html / name).read_bytes().startswith(b"\x89PNG")
    assert f"[[ATTACHMENT|{html / name}]]" in junit.read_text()
    assert f'src="{name}"' in (html / name.replace("-app-1.png", ".html")).read_text()
    assert "main" in screen["says"]
    assert f"--app --browser {program} " in case["repeat"]
    assert len(ElementTree.parse(junit).getroot().findall(".//failure")) == 1


def test_an_app_that_does_nothing_ends_its_case(
    capsys: pytest.CaptureFixture[str], program: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("host_tools.qa.apps.chromium._PATIENCE", 5000.0)
    monkeypatch.setattr(Page, "route", lambda *_: None)
    code, told = run(capsys, "--browser", program, "--case", "app-right")
    assert code == ExitCode.CHECK_FAILED
    assert "The web app did not do what was awaited" in told["cases"][0]["error"]


def test_what_is_missing_is_said(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def said(*arguments: str) -> tuple[int, str]:
        code = main(["qa", "run", *arguments])
        return code, capsys.readouterr().err

    code, text = said("--browser", "chromium")
    assert code == ExitCode.USAGE
    assert "--app" in text
    code, text = said("--app", "--browser", str(tmp_path / "none"))
    assert code == ExitCode.NOT_INSTALLED
    assert "playwright install" in text
    monkeypatch.setattr("host_tools.qa.apps.chromium.installed", lambda _: None)
    code, text = said("--app", "--browser", "chromium")
    assert code == ExitCode.NOT_INSTALLED
    assert "playwright install chromium" in text
    monkeypatch.delitem(sys.modules, "host_tools.qa.apps.chromium")
    monkeypatch.delattr(apps, "chromium")
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    code, text = said("--app", "--browser", "chromium")
    assert code == ExitCode.NOT_INSTALLED
    assert "kodebrik[browser]" in text
