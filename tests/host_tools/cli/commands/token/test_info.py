"""kodebrik info and selftest on a token behind a serial port."""

import sys
from contextlib import contextmanager

import pytest

from firmware.protocol.messages import SELFTEST_PULSES
from host_tools.cli import main
from host_tools.errors import ExitCode
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
    assert (result["parts"]["display"], result["parts"]["x25519"]) == (False, True)


def test_the_holder_says_how_often_the_motor_was_felt(provisioned, token, call):
    token.services.more_parts = {"vibration": True}
    code, result = call("selftest", "--felt", str(SELFTEST_PULSES))
    assert (code, result["felt"]) == (0, SELFTEST_PULSES)
    for felt in ("0", "2"):
        code, result = call("selftest", "--felt", felt)
        assert code == ExitCode.CHECK_FAILED
        assert "motor" in result["error"]
        assert [part for part, works in result["parts"].items() if not works] == ["vibration"]
    assert call("selftest")[1]["felt"] is None, "not asked for JSON"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ((str(SELFTEST_PULSES),), 0),
        (("", "yes", str(SELFTEST_PULSES)), 0),
        (("0",), ExitCode.CHECK_FAILED),
        (("a", "b", "-1"), ExitCode.NOT_CONFIRMED),
    ],
)
def test_at_a_terminal_the_holder_is_asked_until_it_is_a_number(
    provisioned, token, monkeypatch, capsys, typed, code
):
    token.services.more_parts = {"vibration": True}
    answers = iter(typed)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.prompt", lambda *_, **__: next(answers))
    assert main(["selftest"]) == code
    assert next(answers, None) is None
    assert "display: works" in capsys.readouterr().out


def test_a_motor_that_is_not_felt_hides_no_other_part(provisioned, token, capsys):
    token.services.more_parts = {"vibration": True, "jack": False}
    assert main(["selftest", "--felt", "1"]) == ExitCode.CHECK_FAILED
    said = capsys.readouterr()
    assert {"x25519: works", "vibration motor: does not work"} <= set(said.out.splitlines())
    assert "The self-test failed for: jack, vibration motor." in said.err


def test_without_a_terminal_it_is_said_what_was_not_measured(
    provisioned, token, capsys, monkeypatch
):
    token.services.more_parts = {"vibration": True}
    assert main(["selftest"]) == 0
    assert "that it moves was not" in capsys.readouterr().out


def test_a_token_without_a_motor_cannot_have_been_felt(provisioned, call):
    assert call("selftest", "--felt", "3")[0] == ExitCode.CHECK_FAILED
    assert call("selftest", "--felt", "0")[0] == 0
