"""The command line as a whole: usage errors, help, JSON, and that no secret is printed."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from host_tools.cli import app, main
from host_tools.errors import ExitCode, exit_code_table
from host_tools.provisioning import access_key
from host_tools.secret import Secret
from tests.support.command_line.secrets import ISSUER_KEY, MARKED
from tests.support.link.fake_token import SERIAL


@pytest.mark.parametrize(
    "arguments",
    [
        ("bogus",),
        ("info", "--bogus"),
        ("code",),
        ("provision",),
        ("provision", "--generate"),
        ("provision", "--generate", "--secret-file", "x"),
        ("provision", "--secret-file", "x", "--secret-out", "y"),
        ("accounts",),
        ("accounts", "remove"),
        ("emulate", "--script", "x", "--headless"),
        ("code", "--secret-file", "x", "--time", "yesterday"),
        ("code", "--otpauth-file", "x", "--digits", "8"),
    ],
)
def test_a_wrong_command_line_is_said_so_in_json_too(call, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    Path("x").touch(0o600)
    Path("x").write_text("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
    code, result = call(*arguments)
    assert code == result["exit_code"] == ExitCode.USAGE
    assert result["hint"]


def test_every_exit_code_is_in_the_help(capsys):
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    for code, meaning in exit_code_table():
        assert f"{code:>3}  {meaning}" in out or code > 100
    assert "200+n" in out
    assert len({code for code, _ in exit_code_table()}) == len(exit_code_table())


def test_help_and_results_have_no_boxes(capsys):
    assert main(["provision", "--help"]) == 0
    assert main([]) == 0
    assert not any(0x2500 <= ord(letter) < 0x2600 for letter in capsys.readouterr().out)


def every_option():
    """Give (command name, option) for each option of each command."""
    pending = [("kodebrik", app.command())]
    while pending:
        name, command = pending.pop()
        pending += [
            (f"{name} {child}", entry) for child, entry in getattr(command, "commands", {}).items()
        ]
        for parameter in command.params:
            yield name, parameter


def test_no_option_takes_a_secret():
    """Command lines are visible to every user of the computer (ps)."""
    seen = 0
    for name, parameter in every_option():
        seen += 1
        if parameter.name == "key_delay":  # the keypad's keys
            continue
        if parameter.name == "erase_secrets":
            assert parameter.is_flag, "it takes no value"
            continue
        if any(word in parameter.name for word in ("secret", "key", "passphrase", "otpauth")):
            # a pkcs11: URI holds no PIN
            assert parameter.metavar in ("FILE", "FILE|URI"), f"{name} {parameter.name}"
    assert seen > 100


def test_every_command_speaks_json():
    commands = {name for name, _ in every_option()}
    for name in commands - {"kodebrik", "kodebrik accounts", "kodebrik clock", "kodebrik keys"}:
        assert any(
            option == name and parameter.name == "as_json" for option, parameter in every_option()
        ), name


def test_no_secret_is_said_logged_or_left_behind(port, token, secret_file, tmp_path, capfd, caplog):
    """A marked secret and key appear in no output, log or file except the one they came from."""
    caplog.set_level(logging.DEBUG)
    commands = (
        ["provision", "--account", "bank", "--secret-file", secret_file],
        ["provision", "--account", "a" * 40, "--secret-file", secret_file],
        ["accounts", "list"],
        ["accounts", "remove", "nobody"],
        ["info"],
        ["selftest"],
        ["code", "--secret-file", secret_file],
        ["code", "--otpauth-file", secret_file],
    )
    for command in commands:
        main(command)
        main([*command, "--json"])
    said = "".join(capfd.readouterr()) + caplog.text
    derived = access_key.derive(Secret(bytes.fromhex(ISSUER_KEY)), SERIAL).reveal()
    hidden = [MARKED, bytes.fromhex(ISSUER_KEY), derived]
    texts = [
        form for value in hidden for form in (value, value.hex().encode(), repr(value).encode())
    ]
    assert said
    for text in texts:
        assert text not in said.encode()
        assert text not in port.received
    for path in tmp_path.rglob("*"):
        if path.is_file() and str(path) != secret_file:
            assert not any(text in path.read_bytes() for text in texts), path


def test_a_defect_shows_its_place_and_no_values(capsys, monkeypatch, port, provisioned):
    def fail(self):
        raise RuntimeError(f"the secret is {MARKED!r}")

    monkeypatch.setattr("host_tools.link.session.Session.accounts", fail)
    assert main(["accounts", "list"]) == ExitCode.INTERNAL
    said = capsys.readouterr()
    assert "RuntimeError at test_app.py" in said.err
    assert "MARKED" not in said.err + said.out


def test_output_to_a_closed_pipe_ends_quietly():
    command = [
        sys.executable,
        "-c",
        "from host_tools.cli import main; raise SystemExit(main(['--help']))",
    ]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    process.stdout.close()
    assert b"Traceback" not in process.stderr.read()
    process.stderr.close()
    process.wait()
