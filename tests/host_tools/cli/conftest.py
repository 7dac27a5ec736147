"""A token behind a serial port, and the command line called in this process."""

import json
import sys

import pytest

from host_tools.cli import main
from host_tools.link import clock
from tests.support.command_line.keyboard import Keyboard
from tests.support.command_line.secrets import ISSUER_KEY, MARKED
from tests.support.link.fake_token import Token, World
from tests.support.link.pty_port import PtyPort

_HOST_CLOCK = clock.HostClock


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A user without configuration files or kodebrik's environment variables."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for name in (
        "KODEBRIK_PORT",
        "KODEBRIK_KEY_FILE",
        "KODEBRIK_ISSUER_KEY",
        "KODEBRIK_PASSPHRASE",
    ):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def token(tmp_path, monkeypatch, request):
    """A blank token whose time the host shares: a kodeviser, or another product as its
    parameter."""
    world = World()
    monkeypatch.setattr(clock, "HostClock", lambda: _HOST_CLOCK(world.now, world.sleep))
    return Token(tmp_path / "token", world, getattr(request, "param", "kodeviser"))


@pytest.fixture
def port(token, monkeypatch):
    """The token's port, named by KODEBRIK_PORT; its number is typed and the issuer key known."""
    with PtyPort(token.respond) as line:
        monkeypatch.setenv("KODEBRIK_PORT", line.path)
        monkeypatch.setenv("KODEBRIK_ISSUER_KEY", ISSUER_KEY)
        monkeypatch.setattr(sys, "stdin", Keyboard(lambda: token.services.numbers[-1]))
        yield line


@pytest.fixture
def call(capsys):
    """Run a command with --json: exit code and the object it printed."""

    def run(*arguments):
        capsys.readouterr()
        code = main([*arguments, "--json"])
        out = capsys.readouterr().out
        assert out.count("\n") == 1, "one JSON object on standard output"
        return code, json.loads(out)

    return run


@pytest.fixture
def secret_file(tmp_path):
    """A file with the secret MARKED."""
    path = tmp_path / "secret"
    path.touch(0o600)
    path.write_text("hex:" + MARKED.hex() + "\n")
    return str(path)


@pytest.fixture
def provisioned(port, token, call, secret_file):
    """The token, provisioned with the account bank."""
    code, _ = call("provision", "--account", "bank", "--secret-file", secret_file)
    assert code == 0
    return token


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A new validator, named by the environment."""
    monkeypatch.setenv("KODEBRIK_DATABASE", f"sqlite:///{tmp_path / 'validator.db'}")
    monkeypatch.setenv("KODEBRIK_MASTER_KEY", "5e" * 32)
