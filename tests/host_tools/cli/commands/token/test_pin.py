"""kodebrik pin on a token with a keypad."""

import io
import subprocess
import sys

import pytest
import typer

from firmware.protocol import messages
from firmware.storage.pin import try_pin
from host_tools.cli import main, output
from host_tools.errors import TOKEN_ERRORS, ExitCode
from tests.support.limits import REAL_LIMIT
from tests.support.link.fake_token import SERIAL

with_keypad = pytest.mark.parametrize("token", ["kodeoplaeser"], indirect=True)


@with_keypad
def test_a_pin_from_a_file_is_set_and_cleared(provisioned, call, tmp_path, capsys):
    path = tmp_path / "pin"
    path.touch(0o600)
    path.write_text("82915\n")
    assert call("pin", "set", "--pin-file", str(path)) == (0, {"serial": SERIAL, "pin": True})
    assert try_pin(provisioned.vault, "82915", 0)
    assert main(["info"]) == 0
    out = capsys.readouterr().out
    assert "PIN: set, 10 of 10 tries left" in out
    assert "82915" not in out
    assert call("pin", "clear") == (0, {"serial": SERIAL, "pin": False})
    assert provisioned.vault.pin is None


@with_keypad
def test_a_pin_may_come_from_standard_input_or_be_asked_for_twice(provisioned, call, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"82915\n")))
    assert call("pin", "set", "--pin-file", "-")[0] == 0
    typed, asked = iter(["4096", "4097", "4096", "4096"]), []

    def prompt(text, **options):
        asked.append((text, options["hide_input"]))
        return next(typed)

    monkeypatch.setattr(typer, "prompt", prompt)
    monkeypatch.setattr(output, "has_terminal", lambda: True)
    assert call("pin", "set")[0] == 0
    assert asked == [("New PIN, 4 to 8 digits", True), ("Repeat for confirmation", True)] * 2
    assert try_pin(provisioned.vault, "4096", 0)


@with_keypad
def test_without_a_terminal_nothing_of_python_is_printed(provisioned, port):
    done = subprocess.run(
        [sys.executable, "-m", "kodebrik", "pin", "set"],
        input="",
        check=False,
        capture_output=True,
        text=True,
        start_new_session=True,  # without a terminal
        timeout=REAL_LIMIT,
    )
    assert done.returncode == ExitCode.NOT_CONFIRMED
    for word in ("Warning", "getpass", "echo", "passwd"):
        assert word not in done.stderr
    assert "--pin-file" in done.stderr


def test_no_pin_is_asked_for_while_there_is_no_token(monkeypatch, capsys):
    def prompt(*_, **__):
        raise AssertionError("a PIN was asked for")

    monkeypatch.setattr(typer, "prompt", prompt)
    monkeypatch.setattr("host_tools.link.ports.devices", lambda *_: [])
    assert main(["pin", "set"]) == ExitCode.NO_PORT
    assert "No token was found" in capsys.readouterr().err


@with_keypad
@pytest.mark.parametrize("pin", ["", "123", "123456789", "82a15", "٨٢٩١٥", "82 915"])
def test_what_is_no_pin_is_refused_before_the_token_hears_of_it(provisioned, call, tmp_path, pin):
    path = tmp_path / "pin"
    path.write_text(pin)
    code, result = call("pin", "set", "--pin-file", str(path))
    assert code == ExitCode.BAD_INPUT
    assert "4 to 8 digits" in result["hint"]
    assert pin not in result["error"] or not pin
    assert provisioned.vault.pin is None


@with_keypad
def test_a_simple_pin_is_refused_by_the_token(provisioned, call, tmp_path):
    path = tmp_path / "pin"
    path.write_text("1234")
    code, result = call("pin", "set", "--pin-file", str(path))
    assert code == TOKEN_ERRORS + messages.PIN_TOO_SIMPLE
    assert "easy to guess" in result["error"]


def test_a_token_without_keys_takes_no_pin(provisioned, call, tmp_path):
    path = tmp_path / "pin"
    path.write_text("82915")
    assert call("pin", "set", "--pin-file", str(path))[0] == TOKEN_ERRORS + messages.NO_KEYPAD
