"""kodebrik emulate, demo and image: as a user runs them, in processes of their own."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyotp
import pytest
from littlefs import LittleFS

from host_tools.cli import main
from host_tools.errors import ExitCode, KodebrikError
from host_tools.image.image import build_image, build_tree, load_board, pack
from host_tools.link.session import open_session
from host_tools.link.transport import SerialTransport
from tests.support.limits import REAL_LIMIT

KODEBRIK = [sys.executable, "-c", "import sys; from host_tools.cli import main; sys.exit(main())"]


def run(*arguments):
    """Run a command to its end."""
    command = [*KODEBRIK, *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=REAL_LIMIT)


@contextmanager
def running(*arguments):
    """Run a command in the background; it is stopped when the test ends, however that goes."""
    process = subprocess.Popen([*KODEBRIK, *map(str, arguments)], stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_the_demo_shows_the_code_that_pyotp_computes(tmp_path):
    state = tmp_path / "demo"
    first = run("demo", "--state", state)
    assert first.returncode == 0, first.stderr
    code = re.search(r"display shows (\d{3} \d{3})\.", first.stdout).group(1)
    assert f"pyotp computes {code}" in first.stdout
    assert "█" in first.stdout
    assert "Try next" in first.stdout
    assert (state / "screen.png").read_bytes().startswith(b"\x89PNG")
    second = run("demo", "--state", state, "--json")
    result = json.loads(second.stdout)
    assert result["code"].replace(" ", "") in result["pyotp"]
    uri = pyotp.parse_uri((state / "secret.otpauth").read_text().strip())
    assert uri.secret not in first.stdout + first.stderr + second.stdout + second.stderr
    for name in ("access.key", "secret.otpauth"):
        assert (state / name).stat().st_mode & 0o777 == 0o600


def test_the_demo_removes_nothing_but_an_older_demo(tmp_path):
    (tmp_path / "thesis.txt").touch()
    assert main(["demo", "--state", str(tmp_path)]) == ExitCode.FILE
    assert (tmp_path / "thesis.txt").exists()


def test_a_headless_token_says_where_its_link_is_serves_it_and_ends_on_sigterm(tmp_path):
    link = tmp_path / "link"
    options = (
        "--headless",
        "--state",
        tmp_path / "token",
        "--link",
        link,
        "--rfc2217",
        "0",
        "--json",
    )
    with running("emulate", "kodeviser", *options) as process:
        said = json.loads(process.stdout.readline())
        assert said["link"] == str(link)
        for port in (said["link"], said["rfc2217"]):
            code = run("info", "--port", port, "--json")
            assert json.loads(code.stdout)["state"] == "blank", code.stdout
        process.send_signal(signal.SIGTERM)
        assert process.wait(REAL_LIMIT) == 0
    assert not link.is_symlink(), "the cable goes with the token"


def test_an_emulated_token_keeps_its_accounts_over_restarts(tmp_path):
    link, key = tmp_path / "link", bytes(range(32))
    command = ("emulate", "--headless", "--state", tmp_path / "token", "--link", link)
    for state in ("blank", "locked"):
        with running(*command) as process:
            assert "Token in" in process.stdout.readline()
            assert "Link:" in process.stdout.readline()
            transport = SerialTransport(str(link))
            session = open_session(
                transport, None if state == "blank" else key, lambda number: True
            )
            assert session.hello.state == state
            if state == "blank":
                session.request(3, {"kind": "issuer", "key": key})
            transport.close()
            process.send_signal(signal.SIGINT)
            assert process.wait(REAL_LIMIT) == 0


def test_a_scenario_is_played_and_its_failures_are_shown(tmp_path):
    script = tmp_path / "first.txt"
    script.write_text(
        '# a new token\nexpect dark\npress\nexpect text "Ikke sat op"\nwait 31 s\nexpect dark\n'
    )
    done = run("emulate", "kodeviser", "--script", script)
    assert done.returncode == 0, done.stderr
    assert "all 5 steps went as expected" in done.stdout
    script.write_text('press\nexpect text "123 456"\n')
    failed = run("emulate", "kodeviser", "--script", script, "--json")
    assert failed.returncode == ExitCode.SCENARIO
    error = json.loads(failed.stdout)["error"]
    assert "line 2" in error
    assert "Ikke sat op" in error
    picture = re.search(r"Picture: (\S+\.png)", error).group(1)
    assert Path(picture).read_bytes().startswith(b"\x89PNG")
    script.write_text("dance\n")
    assert "line 1" in run("emulate", "--script", script).stderr
    assert run("emulate", "--script", tmp_path / "none").returncode == ExitCode.FILE


def test_a_production_token_has_no_prompt(tmp_path):
    """Ctrl-C between frames does nothing in a production build."""
    link = tmp_path / "link"
    options = ("--production", "--state", tmp_path / "token", "--link", link, "--json")
    with running("emulate", "--headless", *options) as process:
        process.stdout.readline()
        transport = SerialTransport(str(link))
        transport.write(b"\x03\x03")
        assert transport.read(0.5) == b""
        transport.close()
        assert json.loads(run("info", "--port", link, "--json").stdout)["build"] == "production"
        process.send_signal(signal.SIGTERM)


def test_the_screen_in_the_terminal_obeys_keys_and_is_recorded(tmp_path):
    recording = tmp_path / "session.txt"
    arguments = ("--state", tmp_path / "token", "--record", recording)
    with in_a_terminal("emulate", *arguments) as terminal:
        seen = await_text(terminal, b"Q: quit")
        assert b"Screen: dark" in seen
        os.write(terminal, b" ")
        await_text(terminal, b"Ikke sat op")
        os.write(terminal, b"q")
    assert "button down" in recording.read_text()
    replay = run("emulate", "--script", recording)
    assert replay.returncode == 0, replay.stderr


def test_a_token_that_speaks_is_heard_in_the_terminal_and_obeys_its_keys(tmp_path):
    scenario = tmp_path / "recorded.scenario"
    where = ("--board", "pico2", "--state", tmp_path / "token", "--record", scenario)
    with in_a_terminal("emulate", "kodeoplaeser", *where) as terminal:
        await_text(terminal, b"Q: quit")
        os.write(terminal, b" ")
        await_text(terminal, b"Heard: Ikke sat op")
        os.write(terminal, b"r8")
        await_text(terminal, b"Heard: Serienummer")
        os.write(terminal, b"pq")
    done = [
        line for line in scenario.read_text().splitlines() if not line.startswith(("wait", "set"))
    ]
    assert done[:2] == ["button down", "button up"]
    assert {"key 8 down", "key 8 up", "headset in"} <= set(done)


def test_a_token_that_says_nothing_has_no_voice_to_choose(tmp_path, capsys):
    assert (
        main(["emulate", "kodeviser", "--headless", "--voice", "system", "--state", str(tmp_path)])
        == ExitCode.USAGE
    )
    assert "says nothing" in capsys.readouterr().err


@contextmanager
def in_a_terminal(*arguments) -> Iterator[int]:
    """Run kodebrik in a terminal, which is given; it must end by itself, with exit code 0."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(KODEBRIK[0], [*KODEBRIK, *map(str, arguments)])
    try:
        yield terminal
        await_end(terminal)
    except BaseException:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def await_text(terminal, text):
    """Read the terminal until it shows `text`; give what it has shown."""
    seen = b""
    end = time.monotonic() + REAL_LIMIT
    while text not in seen:
        assert time.monotonic() < end, seen
        if select.select([terminal], [], [], 0.2)[0]:
            seen += os.read(terminal, 65536)
    return seen


def await_end(terminal):
    """Read until the program has ended."""
    try:
        while os.read(terminal, 65536):
            pass
    except OSError:
        os.close(terminal)


def test_an_image_is_a_file_system_or_a_folder(tmp_path, capsys):
    assert main(["image", "--output", str(tmp_path / "token.bin"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    disk = LittleFS(block_size=4096, block_count=352, mount=False)
    disk.context.buffer = bytearray((tmp_path / "token.bin").read_bytes())
    disk.mount()
    assert "main.py" in disk.listdir("/")
    assert (
        main(["image", "--output", str(tmp_path / "folder"), "--board", "pico2", "--production"])
        == 0
    )
    capsys.readouterr()
    files = [path for path in (tmp_path / "folder").rglob("*") if path.is_file()]
    assert len(files) >= said["files"] - 5
    assert main(["image", "--output", str(tmp_path / "folder")]) == ExitCode.FILE
    assert (
        main(["image", "--output", str(tmp_path / "x.bin"), "--board", "abacus"]) == ExitCode.USAGE
    )


def test_without_micropython_the_emulator_says_how_to_get_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("KODEBRIK_MICROPYTHON", "/no/such/micropython")
    assert main(["demo", "--state", str(tmp_path / "demo")]) == ExitCode.NOT_INSTALLED
    assert "micropython" in capsys.readouterr().err


@pytest.mark.parametrize(("option", "name"), [("--board", "abacus"), ("--board", "../pico")])
def test_an_unknown_board_is_said_so(option, name, capsys, tmp_path):
    assert (
        main(["emulate", "--headless", "--state", str(tmp_path / "t"), option, name])
        == ExitCode.USAGE
    )
    assert "There is no board" in capsys.readouterr().err


def test_an_image_carries_the_languages_that_were_asked_for(tmp_path):
    folder = tmp_path / "folder"
    assert main(["image", "--output", str(folder), "--language", "en"]) == 0
    assert [path.name for path in (folder / "firmware" / "ui").rglob("texts_*")] == ["texts_en.mpy"]
    assert main(["image", "--output", str(tmp_path / "x"), "--language", "kl"]) == ExitCode.USAGE, (
        "not this product"
    )


def test_an_image_has_what_its_product_needs_and_no_more():
    """Modules of another product's interface would take flash and never run."""
    tree = build_tree("kodeviser", "pico")
    modules = {Path(path).stem for path in tree if path.startswith("firmware/ui/")}
    assert {"interaction", "code", "app", "link_services", "texts_da", "texts_en"} <= modules
    assert not {"view", "voice", "pin_entry", "challenge"} & modules
    assert not [path for path in tree if path.startswith("firmware/ui/speaking/")]
    assert not [path for path in tree if "speech" in path and not path.endswith("__init__.mpy")]


@pytest.mark.parametrize("languages", [("da", "en"), ("da", "da", "en"), None])
def test_two_languages_fit_the_smallest_board_and_leave_room_for_the_tokens_data(languages):
    """Two languages at five speeds with the firmware in 1.4 MB."""
    filesystem = load_board("pico")["filesystem"]
    assert (
        len(build_image("kodeoplaeser", "pico", languages=languages))
        == filesystem["size"]
        <= 1.4 * 2**20
    )


def test_what_does_not_fit_a_board_is_said_so():
    with pytest.raises(KodebrikError) as raised:
        pack({"large": bytes(1390 * 1024)}, load_board("pico")["filesystem"])
    assert "do not fit" in raised.value.message
    assert "--language" in raised.value.hint
    pack({"large": bytes(1340 * 1024)}, load_board("pico")["filesystem"])
