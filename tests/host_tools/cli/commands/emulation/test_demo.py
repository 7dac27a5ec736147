"""kodebrik demo, as a user runs it, in a process of its own."""

import json
import re

import pyotp

from emulator.session import Emulator
from host_tools.cli import main
from host_tools.errors import ExitCode
from tests.support.command_line.program import run
from tests.support.command_line.pseudo_terminal import DRAWN, await_end, in_a_terminal
from tests.support.emulated.images import ECHO, image


def test_the_demo_shows_the_code_that_pyotp_computes(tmp_path):
    state = tmp_path / "demo"
    first = run("demo", "--state", state)
    assert first.returncode == 0, first.stderr
    code = re.search(r"display shows (\d{3} \d{3})\.", first.stdout).group(1)
    assert f"pyotp computes {code}" in first.stdout
    assert f"Screen: {code}\n" in first.stdout
    assert not DRAWN.search(first.stdout), "into a pipe go lines of text alone"
    assert "Try next" in first.stdout
    assert (state / "screen.png").read_bytes().startswith(b"\x89PNG")
    second = run("demo", "--state", state, "--json")
    result = json.loads(second.stdout)
    assert result["code"].replace(" ", "") in result["pyotp"]
    uri = pyotp.parse_uri((state / "secret.otpauth").read_text().strip())
    assert uri.secret not in first.stdout + first.stderr + second.stdout + second.stderr
    for name in ("access.key", "secret.otpauth"):
        assert (state / name).stat().st_mode & 0o777 == 0o600


def test_the_demo_draws_in_a_terminal_and_writes_plain_lines_when_asked(tmp_path):
    with in_a_terminal("demo", "--state", tmp_path / "demo") as terminal:
        assert DRAWN.search(await_end(terminal))
    with in_a_terminal("demo", "--plain", "--state", tmp_path / "demo") as terminal:
        shown = await_end(terminal)
    assert re.search(r"Screen: \d{3} \d{3}\r\n", shown)
    assert not DRAWN.search(shown)


def test_the_demo_removes_nothing_but_an_older_demo(tmp_path):
    (tmp_path / "thesis.txt").touch()
    assert main(["demo", "--state", str(tmp_path)]) == ExitCode.FILE
    assert (tmp_path / "thesis.txt").exists()
    assert main(["demo", "--state", str(tmp_path / "thesis.txt")]) == ExitCode.FILE


def test_the_demo_leaves_a_token_that_it_did_not_make(tmp_path, capsys):
    Emulator(state=tmp_path, image=image(ECHO)).close()
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert main(["demo", "--state", str(tmp_path)]) == ExitCode.FILE
    told = capsys.readouterr().err
    assert "did not make" in told
    assert "Name a new folder with --state" in told
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_demo_leaves_a_token_that_another_emulator_runs(tmp_path, capsys):
    with Emulator(state=tmp_path, image=image(ECHO)) as emulator:
        (tmp_path / "demo.txt").touch()  # as if an older demonstration had made it
        before = emulator.flash.read(0, emulator.flash.size)
        assert main(["demo", "--state", str(tmp_path)]) == ExitCode.CONFLICT
        assert "Another emulator runs the token" in capsys.readouterr().err
        assert (tmp_path / "flash.bin").read_bytes() == before
    Emulator(state=tmp_path).close()


def test_the_demo_leaves_a_link_that_leads_to_a_running_token(tmp_path, capsys):
    state = tmp_path / "demo"
    state.mkdir()
    (state / "demo.txt").touch()
    with Emulator(state=tmp_path / "other", image=image(ECHO)) as emulator:
        emulator.open_pty(state / "link")
        assert main(["demo", "--state", str(state)]) == ExitCode.FILE
        assert "another program has open" in capsys.readouterr().err
        assert (state / "link").is_char_device()


def test_without_micropython_the_emulator_says_how_to_get_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("KODEBRIK_MICROPYTHON", "/no/such/micropython")
    assert main(["demo", "--state", str(tmp_path / "demo")]) == ExitCode.NOT_INSTALLED
    assert "micropython" in capsys.readouterr().err
