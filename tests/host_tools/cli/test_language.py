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
    assert "'kodebrik emulate --link'" in error["hint"], "'kodebrik devices' does not list those"


def test_danish_sentences_hold_danish_reasons(capsys, tmp_path):
    main(["--lang", "da", "code", "--secret-file", str(tmp_path / "none")])
    assert "Filen eller mappen findes ikke" in capsys.readouterr().err


USAGE = [
    (["devises"], "No such command 'devises'. Did you mean 'devices'?", "'devises' findes ikke"),
    (["qqq"], "No such command 'qqq'.", "'qqq' findes ikke"),
    (["clock"], "Missing command.", "Kommandoen mangler"),
    (["clock", "stet"], "No such command 'stet'. Did you mean 'set'?", "'stet' findes ikke"),
    (["devices", "a", "b"], "Got unexpected extra argument(s) (a b)", "for mange argumenter (a b)"),
    (["devices", "--prob"], "No such option: --prob (Possible options: --probe)", "Mulige tilvalg"),
    (["devices", "-x"], "No such option: -x", "Tilvalget -x findes ikke"),
    (["info", "--port"], "Option '--port' requires an argument.", "kræver en værdi"),
    (["info", "--json=1"], "Option '--json' does not take a value.", "tager ingen værdi"),
    (["image"], "Missing option '--output'.", "Tilvalget '--output' mangler"),
    (["voice", "list"], "Missing argument 'PACK'.", "Argumentet 'PACK' mangler"),
    (
        ["server", "--port", "70000"],
        "Invalid value for '--port': Input should be less than or equal to 65535",
        "Værdien af '--port' kan ikke bruges: Der skal stå et tal på højst 65535",
    ),
    (
        ["emulate", "--voice", "x"],
        "Invalid value for '--voice': 'x' is not one of 'token', 'system'.",
        "Værdien af '--voice' kan ikke bruges: 'x' er ikke en af 'token', 'system'.",
    ),
]


@pytest.mark.parametrize(("arguments", "english", "danish"), USAGE)
def test_usage_errors_speak_the_language(capsys, arguments, english, danish):
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert said.splitlines()[0] == f"Error: {english}"
    assert "--help'." in said.splitlines()[1]
    assert main(["--lang", "da", *arguments]) == 2
    assert danish in capsys.readouterr().err


@pytest.mark.parametrize("option", [["--lang", "da"], ["--lang=da"]])
def test_the_language_may_stand_after_the_command(capsys, option):
    assert main(["code", "--at", "never", *option]) == 2
    assert capsys.readouterr().err.startswith("Fejl: ")
    assert main(["code", *option, "--secret-file", "/none"]) == 4
    assert capsys.readouterr().err.startswith("Fejl: ")


@pytest.mark.parametrize("option", ["--presses", "--nothing"])
def test_a_mistake_in_an_option_names_the_help_of_its_command(capsys, option):
    assert main(["battery", option]) == 2
    assert "See 'kodebrik battery --help'." in capsys.readouterr().err


def test_a_language_without_a_value_says_so(capsys):
    assert main(["devices", "--lang"]) == 2
    assert "'--lang' requires an argument" in capsys.readouterr().err


def test_what_follows_two_dashes_is_no_language(capsys):
    assert main(["devices", "--", "--lang", "da"]) == 2
    assert capsys.readouterr().err.startswith("Error: Got unexpected extra")
