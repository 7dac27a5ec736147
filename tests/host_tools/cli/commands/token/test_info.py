"""kodebrik info and selftest on a token behind a serial port."""

import sys
from contextlib import contextmanager

import pytest

from firmware.protocol.messages import SELFTEST_PULSES
from host_tools.cli import main
from host_tools.errors import ExitCode
from tests.support.command_line.keyboard import Keyboard
from tests.support.link.fake_token import SERIAL


def test_info_tells_more_to_who_has_the_key(provisioned, call, capsys, monkeypatch):
    code, result = call("info")
    assert code == 0
    assert (result["serial"], result["state"], result["accounts"], result["battery_mv"]) == (
        SERIAL,
        "in_use",
        1,
        3700,
    )
    main(["info"])
    said = capsys.readouterr().out
    assert "Battery: 3700 mV" in said
    assert "Languages: da, en" in said
    monkeypatch.delenv("KODEBRIK_ISSUER_KEY")
    code, result = call("info")
    assert code == 0
    assert "battery_mv" not in result


def test_a_port_is_waited_for_with_progress(port, token, call, monkeypatch):
    begun: list[str] = []

    @contextmanager
    def reporting(what):
        begun.append(str(what))
        yield lambda done, total: None

    monkeypatch.setattr("host_tools.cli.options.token.reporting", reporting)
    assert call("info")[0] == 0
    assert begun == [f"Waiting for an answer on {port.path}"]


def test_selftest_names_what_failed(provisioned, token, call):
    code, result = call("selftest")
    assert code == 0
    assert result["parts"]["x25519"] is True
    token.services.sound = False
    code, result = call("selftest")
    assert code == ExitCode.CHECK_FAILED
    assert "display" in result["error"]


def test_the_holder_says_how_often_the_motor_was_felt(provisioned, token, call):
    token.services.more_parts = {"vibration": True}
    code, result = call("selftest", "--felt", str(SELFTEST_PULSES))
    assert (code, result["felt"]) == (0, SELFTEST_PULSES)
    for felt in ("0", "2"):
        code, result = call("selftest", "--felt", felt)
        assert code == ExitCode.CHECK_FAILED
        assert "motor" in result["error"]
    assert call("selftest")[1]["felt"] is None, "not asked for JSON"


@pytest.mark.parametrize(
    ("typed", "code"), [(str(SELFTEST_PULSES), 0), ("0", 16), ("", 16), ("yes", 16)]
)
def test_at_a_terminal_the_holder_is_asked(provisioned, token, monkeypatch, typed, code):
    token.services.more_parts = {"vibration": True}
    keyboard = Keyboard(lambda: typed)
    keyboard.isatty = lambda: True
    monkeypatch.setattr(sys, "stdin", keyboard)
    assert ExitCode.CHECK_FAILED == 16
    answers = iter([typed, "0"])
    monkeypatch.setattr("typer.prompt", lambda *_, **__: next(answers))
    assert main(["selftest"]) == code


def test_without_a_terminal_it_is_said_what_was_not_measured(
    provisioned, token, capsys, monkeypatch
):
    token.services.more_parts = {"vibration": True}
    assert main(["selftest"]) == 0
    assert "that it moves was not" in capsys.readouterr().out


def test_a_token_without_a_motor_cannot_have_been_felt(provisioned, call):
    assert call("selftest", "--felt", "3")[0] == ExitCode.CHECK_FAILED
    assert call("selftest", "--felt", "0")[0] == 0
