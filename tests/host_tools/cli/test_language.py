"""The language of the command line: --lang, else the environment; JSON and help stay English."""

import json

import pytest

from host_tools.cli import main

MISSING = ["image", "--product", "none"]


@pytest.fixture(autouse=True)
def _no_locale(monkeypatch):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


def _said(capsys, *arguments):
    main([*arguments, "code", "--at", "never", "--secret-file", "/dev/null"])
    return capsys.readouterr().err


def test_english_without_any(capsys):
    assert _said(capsys).startswith("Error: ")


def test_the_environment_s_language(capsys, monkeypatch):
    monkeypatch.setenv("LANG", "da_DK.UTF-8")
    assert _said(capsys).startswith("Fejl: ")


def test_the_option_wins(capsys, monkeypatch):
    monkeypatch.setenv("LANG", "da_DK.UTF-8")
    assert _said(capsys, "--lang", "en").startswith("Error: ")
    assert _said(capsys).startswith("Fejl: "), "a language lasts for one command"


def test_an_unknown_language_is_refused(capsys):
    assert main(["--lang", "xx", "devices"]) == 2
    assert "Choose one of: da, en." in capsys.readouterr().err


def test_json_is_english_and_names_the_error(capsys):
    main(["--lang", "da", "info", "--json", "--port", "/dev/none"])
    error = json.loads(capsys.readouterr().out)
    assert error["id"] == "port-unknown"
    assert error["error"] == "There is no port /dev/none."


def test_danish_sentences_hold_danish_reasons(capsys, tmp_path):
    main(["--lang", "da", "code", "--secret-file", str(tmp_path / "none")])
    assert "Filen eller mappen findes ikke" in capsys.readouterr().err
