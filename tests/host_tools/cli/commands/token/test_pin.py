"""kodebrik pin on a token with a keypad."""

import io
import sys

import pytest
import typer

from firmware.protocol import messages
from firmware.storage.pin import try_pin
from host_tools.cli import main
from host_tools.errors import ExitCode
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
    assert call("pin", "set")[0] == 0
    assert asked == [("New PIN, 4 to 8 digits", True), ("Repeat for confirmation", True)] * 2
    assert try_pin(provisioned.vault, "4096", 0)


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
    assert code == 100 + messages.PIN_TOO_SIMPLE
    assert "easy to guess" in result["error"]


def test_a_token_without_keys_takes_no_pin(provisioned, call, tmp_path):
    path = tmp_path / "pin"
    path.write_text("82915")
    assert call("pin", "set", "--pin-file", str(path))[0] == 100 + messages.NO_KEYPAD
