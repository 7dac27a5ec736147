"""kodebrik emulate, as a user runs it, in a process of its own."""

import itertools
import json
import os
import re
import signal
import socket
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import httpx2
import pytest

from emulator.session import Emulator
from firmware.protocol import messages
from host_tools.cli import main
from host_tools.errors import ExitCode
from host_tools.flashing import arrival
from host_tools.image import image as images
from host_tools.link.session import open_session
from host_tools.link.transport import SerialTransport
from host_tools.link.update import send
from host_tools.provisioning import update_key_file
from host_tools.secret import Secret
from tests.support.command_line.program import KODEBRIK, run
from tests.support.command_line.pseudo_terminal import (
    DRAWN,
    await_end,
    await_text,
    in_a_terminal,
)
from tests.support.emulated.images import ECHO, image
from tests.support.emulated.sixels import decode
from tests.support.emulated.updates import NEXT, SIGNER, update
from tests.support.limits import REAL_LIMIT


@contextmanager
def running(*arguments, errors=None):
    """Run a command in the background; it is stopped when the test ends, however that goes. What it
    says as errors goes to the file `errors`."""
    process = subprocess.Popen(
        [*KODEBRIK, *map(str, arguments)], stdout=subprocess.PIPE, stderr=errors, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


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


def test_a_token_with_an_update_key_takes_an_update(tmp_path):
    public, link = tmp_path / "update.key.pub", tmp_path / "link"
    public.write_bytes(update_key_file.write_public(SIGNER.public))
    new = update(production=False)
    options = ("--headless", "--state", tmp_path / "token", "--link", link, "--json")
    with running("emulate", "kodeviser", *options, "--update-key", public) as process:
        process.stdout.readline()
        with closing(SerialTransport(str(link))) as transport:
            session = open_session(transport, None, lambda number: True)
            session.set_key(messages.KEY_ISSUER, Secret(b"k" * messages.ACCESS_KEY_SIZE))
            send(session, new.signed, (), lambda done, total: None)
        hello = arrival.await_hello(new, lambda: [str(link)])
    assert hello is not None
    assert hello.version == NEXT


def test_an_update_key_does_not_go_with_a_file_on_the_drive(tmp_path, capsys):
    drive = ("--usb-drive", str(tmp_path / "drive"), "--update-key", "update.key.pub")
    assert main(["emulate", *drive]) == ExitCode.USAGE
    assert "--usb-drive" in capsys.readouterr().err


def test_a_token_without_room_for_an_update_takes_no_update_key(tmp_path, capsys, monkeypatch):
    """A development build of a kodeoplæser with two languages, if it were a block larger."""
    monkeypatch.setattr(images, "_GROWTH", images._GROWTH + 4096)
    public = tmp_path / "update.key.pub"
    public.write_bytes(update_key_file.write_public(SIGNER.public))
    arguments = ["emulate", "kodeoplaeser", "--headless", "--update-key", str(public)]
    assert main([*arguments, "--state", str(tmp_path / "token")]) == ExitCode.CONFLICT
    assert "no room for an update" in capsys.readouterr().err


def test_a_token_on_the_web_says_where_and_ends_while_somebody_listens(tmp_path):
    with running("emulate", "--state", tmp_path / "token", "--web", "--json") as process:
        said = json.loads(process.stdout.readline())
        address, secret = said["web"].split("#")
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address)
        assert len(secret) >= 32
        program = httpx2.Client(
            base_url=address + "api/v1", headers={"Authorization": f"Bearer {secret}"}
        )
        assert program.post("/press", json={"keys": ["red"]}).json()["powered"]
        assert "Ikke sat op" in program.get("/screen").json()["text"]
        assert program.get("/token").json()["links"] == {
            "link": said["link"],
            "rfc2217": said["rfc2217"],
        }
        code = run("info", "--port", said["rfc2217"], "--json")
        assert json.loads(code.stdout)["state"] == "blank", code.stdout
        for plugged in (False, True):
            assert program.patch("/token", json={"plugged": plugged}).json()["plugged"] is plugged
        link = program.get("/token").json()["links"]["link"]
        code = run("info", "--port", link, "--json")
        assert json.loads(code.stdout)["state"] == "blank", "the terminal is another one now"
        with program.stream("GET", "/events") as events:
            lines = events.iter_lines()
            assert next(lines) == "event: state"
            process.send_signal(signal.SIGTERM)
            assert process.wait(REAL_LIMIT) == 0


def test_a_token_on_the_web_ends_while_a_scenario_is_played(tmp_path):
    told, passed = tmp_path / "told", threading.Event()
    command = ("emulate", "--state", tmp_path / "token", "--web", "--json")
    with told.open("w") as errors, running(*command, errors=errors) as process:
        address, secret = json.loads(process.stdout.readline())["web"].split("#")
        given = {"base_url": address + "api/v1", "headers": {"Authorization": f"Bearer {secret}"}}
        with httpx2.Client(**given, timeout=REAL_LIMIT) as program, ThreadPoolExecutor() as pool:
            body = {"text": "wait 1 d", "rate": 1}
            played = pool.submit(program.post, "/scenario/play", json=body)
            asked = (program.get("/token").json()["playing"] for _ in range(100 * REAL_LIMIT))
            assert any(playing or passed.wait(0.01) for playing in asked)
            process.send_signal(signal.SIGTERM)
            assert played.result(REAL_LIMIT).status_code == 200
            assert process.wait(REAL_LIMIT) == 0
    assert "Traceback" not in told.read_text()


def test_several_tokens_on_the_web_have_an_api_each(tmp_path):
    command = ("emulate", "kodeviser", "kodeviser", "--state", tmp_path, "--web", "--json")
    with running(*command) as process:
        said = json.loads(process.stdout.readline())
        address, secret = said["web"].split("#")
        states = [token["state"] for token in said["tokens"]]
        assert states == [str(tmp_path / "kodeviser"), str(tmp_path / "kodeviser-2")]
        headers = {"Authorization": f"Bearer {secret}"}
        with httpx2.Client(base_url=address, headers=headers, timeout=REAL_LIMIT) as program:
            for number, token in enumerate(said["tokens"], 1):
                state = program.get(f"/tokens/{number}/api/v1/token").json()
                assert state["links"] == {"link": token["link"], "rfc2217": token["rfc2217"]}
                description = program.get(f"/tokens/{number}/api/v1/openapi.json").json()
                assert description["servers"] == [{"url": f"/tokens/{number}"}]
            assert program.get("/tokens/3/api/v1/token").status_code == 404
            assert program.patch("/tokens/2/api/v1/token", json={"plugged": False}).is_success
            assert program.get("/api/v1/token").json()["plugged"], "the first token's"
        process.send_signal(signal.SIGTERM)
        assert process.wait(REAL_LIMIT) == 0


@pytest.mark.parametrize(
    "other", [[], ["--web", "--headless"], ["--web", "--rfc2217", "0"], ["--web", "--watch"]]
)
def test_several_tokens_are_for_the_page_alone(tmp_path, capsys, other):
    given = ["emulate", "kodeviser", "kodeviser", "--state", str(tmp_path / "tokens"), *other]
    assert main(given) == ExitCode.USAGE
    assert "Give --web" in capsys.readouterr().err
    assert not (tmp_path / "tokens").exists()


@pytest.mark.parametrize("command", ["emulate", "demo"])
@pytest.mark.parametrize("page", [["--open"], ["--web-port", "8099"]])
def test_what_is_for_the_page_goes_with_the_page_alone(tmp_path, capsys, command, page):
    assert main([command, "--state", str(tmp_path / "token"), *page]) == ExitCode.USAGE
    assert "Give --web too" in capsys.readouterr().err
    assert not (tmp_path / "token").exists()


def test_a_port_for_the_page_that_is_taken_is_named(tmp_path, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        given = ["emulate", "--state", str(tmp_path / "token"), "--web", "--web-port", str(port)]
        assert main(given) == ExitCode.BUSY
    assert str(port) in capsys.readouterr().err
    assert not (tmp_path / "token").exists()


@pytest.mark.parametrize("other", ["--headless", "--record=x", "--voice=token"])
def test_a_page_goes_with_no_other_view(tmp_path, capsys, other):
    given = ["emulate", "kodeoplaeser", "--state", str(tmp_path / "token"), "--web", other]
    assert main(given) == ExitCode.USAGE
    assert "the page has all of them" in capsys.readouterr().err


def test_an_emulated_token_keeps_its_accounts_over_restarts(tmp_path):
    link, key = tmp_path / "link", bytes(range(32))
    command = ("emulate", "--headless", "--state", tmp_path / "token", "--link", link)
    for state in ("blank", "in_use"):
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


def test_a_token_is_run_once_and_a_scenario_goes_on_at_its_time(tmp_path):
    state, script = tmp_path / "token", tmp_path / "script"
    script.write_text("wait 1 s\n")
    with running("emulate", "--headless", "--state", state) as process:
        assert "Token in" in process.stdout.readline()
        assert "Link:" in process.stdout.readline()
        refused = run("emulate", "--headless", "--state", state)
        assert refused.returncode == ExitCode.CONFLICT
        assert "Another emulator runs the token" in refused.stderr
        assert "Building" not in refused.stderr
        process.send_signal(signal.SIGINT)
        assert process.wait(REAL_LIMIT) == 0
    before = json.loads((state / "state.json").read_text())["time"]
    assert run("emulate", "--state", state, "--script", script).returncode == 0
    assert json.loads((state / "state.json").read_text())["time"] == pytest.approx(before + 1)


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
    danish = run("--lang", "da", "emulate", "kodeviser", "--script", script)
    assert "Teksten '123 456' er der ikke.\n  Skærmen viser:\n    Ikke sat op" in danish.stderr
    script.write_text("dance\n")
    refused = run("emulate", "--script", script)
    assert refused.returncode == ExitCode.BAD_INPUT
    assert "line 1: dance" in refused.stderr
    assert "docs/emulator.md" in refused.stderr
    assert "Building" not in refused.stderr, "it is read before anything is built"
    assert run("emulate", "--script", tmp_path / "none").returncode == ExitCode.FILE
    script.write_text("expect code from none\n")
    refused = run("emulate", "--script", script)
    assert refused.returncode == ExitCode.BAD_INPUT
    assert "line 1: expect code from none" in refused.stderr
    assert "Mend the line" in refused.stderr


def test_a_scenario_for_another_product_is_refused_before_anything_is_built(tmp_path, capsys):
    script = tmp_path / "script"
    script.write_text("press\nkey 5\n")
    assert main(["emulate", "kodeviser", "--script", str(script)]) == ExitCode.BAD_INPUT
    told = capsys.readouterr().err
    assert "line 2: key 5\n  This product has no keypad." in told
    assert "Building" not in told


def test_a_scenario_s_failure_is_told_in_the_language_of_the_command(token, tmp_path, capsys):
    script = tmp_path / "script"
    given = ["--lang", "da", "emulate", "--state", str(token), "--script", str(script)]
    told = {
        "hold 1 h": "script, linje 1: hold 1 h\n  Det er længere end 600 s.\n",
        "expect code from gone": f"gone\n  {tmp_path}/gone: Filen eller mappen findes ikke.\n",
        'expect text "x"': "er der ikke.\n  Skærmen er mørk eller viser ingen tekst.\n  Billede: ",
    }
    for steps, part in told.items():
        script.write_text(steps)
        assert main(given) in (ExitCode.BAD_INPUT, ExitCode.SCENARIO)
        assert part in capsys.readouterr().err


@pytest.mark.parametrize("ending", ["txt", "vcd"])
def test_a_trace_is_written_at_the_end_however_that_comes(token, tmp_path, capsys, ending):
    script, path = tmp_path / "script", tmp_path / f"trace.{ending}"
    given = ["emulate", "--state", str(token), "--script", str(script), "--trace", str(path)]
    for steps, code in (("plug\nwait 1 s\n", 0), ('plug\nexpect text "x"\n', ExitCode.SCENARIO)):
        script.write_text(steps)
        assert main(given) == code, capsys.readouterr().err
        written = path.read_text()
        assert "gpio24_usb" in written
        assert "0 earlier ones dropped" in written
        assert written.startswith("$comment" if ending == "vcd" else "# kodebrik, pico: ")
        assert main(given) == ExitCode.FILE, "it replaces no file"
        path.unlink()


def test_a_trace_has_one_of_two_endings(tmp_path, capsys):
    given = ["emulate", "--state", str(tmp_path / "token"), "--trace", str(tmp_path / "trace.csv")]
    assert main(given) == ExitCode.USAGE
    assert "Let the name end in .txt or .vcd." in capsys.readouterr().err
    assert not (tmp_path / "token").exists()


def test_a_headless_token_is_traced_until_it_ends(tmp_path):
    path = tmp_path / "trace.txt"
    options = ("--headless", "--state", tmp_path / "token", "--trace", path, "--json")
    with running("emulate", *options) as process:
        link = json.loads(process.stdout.readline())["link"]
        assert run("info", "--port", link, "--json").returncode == 0
        assert not path.exists()
        process.send_signal(signal.SIGTERM)
        assert process.wait(REAL_LIMIT) == 0
    lines = path.read_text().splitlines()
    assert any(re.search(r"link_to_token +hello, 1 bytes$", line) for line in lines)
    assert any(re.search(r"link_to_host +hello, \d+ bytes$", line) for line in lines)
    assert any("display (ssd1306): write" in line for line in lines)


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
        seen = await_text(terminal, "Q: quit")
        assert "Screen: dark" in seen
        assert DRAWN.search(seen)
        os.write(terminal, b" ")
        await_text(terminal, "Ikke sat op")
        os.write(terminal, b"q")
    assert "button down" in recording.read_text()
    replay = run("emulate", "--script", recording)
    assert replay.returncode == 0, replay.stderr


@pytest.mark.parametrize(
    ("answer", "picture"),
    [
        (b"\x1b[6;18;9t\x1b[?62;4c", "\x1bP0;1;0q"),
        (b"\x1b_Gi=31;OK\x1b\\\x1b[6;18;9t\x1b[?62c", "\x1b_Ga=T,f=100"),
    ],
    ids=["sixel", "kitty"],
)
def test_a_terminal_that_says_it_can_gets_pictures(tmp_path, answer, picture):
    """What it answers are no keys, and a key that was typed before it is one."""
    recording = tmp_path / "session.txt"
    arguments = ("--state", tmp_path / "token", "--record", recording)
    with in_a_terminal("emulate", *arguments) as terminal:
        await_text(terminal, "\x1b[c")
        os.write(terminal, b" " + answer)
        shown = await_text(terminal, "Ikke sat op")
        os.write(terminal, b"q")
        shown += await_end(terminal)
    assert picture in shown
    assert not DRAWN.search(shown)
    assert recording.read_text().count("button down") == 1
    for sixels in re.findall(r"\x1bP[^\x1b]*\x1b\\", shown)[-1:]:
        colours = {colour for row in decode(sixels) for colour in row}
        assert len(colours) == 3, "lit, dark, and the margin"


def test_a_token_that_speaks_is_heard_in_the_terminal_and_obeys_its_keys(tmp_path):
    scenario = tmp_path / "recorded.scenario"
    where = ("--board", "pico2", "--state", tmp_path / "token", "--record", scenario)
    with in_a_terminal("emulate", "kodeoplaeser", *where) as terminal:
        await_text(terminal, "Heard: Strøm")  # it hangs on the cable
        os.write(terminal, b" ")
        await_text(terminal, "Heard: Ikke sat op")
        os.write(terminal, b"r8")
        await_text(terminal, "Heard: Serienummer")
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


@pytest.fixture
def token(tmp_path):
    """The folder of a kodeviser for pico, which is off."""
    Emulator(state=tmp_path / "token", image=image(ECHO)).close()
    return tmp_path / "token"


@pytest.mark.parametrize(
    "other", [["kodeviser", "--board", "pico2"], ["kodeoplaeser", "--board", "pico2"]]
)
@pytest.mark.parametrize("script", [True, False])
def test_a_folder_with_another_token_is_refused(other, script, token, tmp_path, capsys):
    (tmp_path / "script").write_text("press\n")
    how = ["--script", str(tmp_path / "script")] if script else ["--headless"]
    before = {path: path.read_bytes() for path in token.iterdir()}
    assert main(["emulate", *other, *how, "--state", str(token)]) == ExitCode.USAGE
    told = capsys.readouterr().err
    assert "holds a kodeviser for pico." in told
    assert "kodebrik emulate kodeviser --board pico'" in told
    assert "Building" not in told
    assert {path: path.read_bytes() for path in token.iterdir()} == before


@pytest.mark.parametrize(("name", "content"), [("state.json", b"{"), ("flash.bin", b"short")])
def test_a_damaged_token_is_refused(name, content, token, capsys):
    (token / name).write_bytes(content)
    assert main(["emulate", "--headless", "--state", str(token)]) == ExitCode.BAD_INPUT
    told = capsys.readouterr().err
    assert f"{token / name} is missing, damaged or of another version." in told
    assert "name a new folder with --state" in told


def test_a_new_token_is_made_in_an_empty_folder_alone(tmp_path, capsys):
    (tmp_path / "thesis.txt").touch()
    assert main(["emulate", "--headless", "--state", str(tmp_path)]) == ExitCode.FILE
    assert "holds no emulated token, but other files" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
    file = tmp_path / "thesis.txt"
    assert main(["emulate", "--headless", "--state", str(file)]) == ExitCode.FILE
    assert "is a file, not a folder" in capsys.readouterr().err


def test_no_token_is_made_for_a_link_that_cannot_be_offered(tmp_path, capsys):
    file, state = tmp_path / "thesis.txt", tmp_path / "token"
    file.touch()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for option in (
            ["--link", str(file)],
            ["--link", str(tmp_path / "none" / "link")],
            ["--rfc2217", port],
        ):
            assert main(["emulate", "--headless", "--state", str(state), *option]) == ExitCode.FILE
            told = capsys.readouterr().err
            assert "The link cannot be offered" in told
            assert "Building" not in told
            assert not state.exists(), option


def test_an_unknown_product_is_said_so_before_anything_is_built(tmp_path, capsys):
    state = ["--headless", "--state", str(tmp_path / "token")]
    assert main(["emulate", "kodevisr", *state]) == ExitCode.USAGE
    told = capsys.readouterr().err
    assert "kodevisr" in told
    assert "Building" not in told


def test_a_headless_token_prints_its_screen_as_text_whenever_it_changes(tmp_path):
    link = tmp_path / "link"
    options = ("--headless", "--state", tmp_path / "token", "--link", link)
    with running("emulate", "kodeviser", *options) as process:
        lines = iter(process.stdout.readline, "")
        assert next(line for line in lines if line.startswith("Screen: ")) == "Screen: dark\n"
        transport = SerialTransport(str(link))

        def compare(number):
            shown = next(line for line in lines if re.search(r"\d{3} \d{3}$", line))
            return shown.startswith("Screen: ") and re.sub(r"\D", "", shown) == number

        open_session(transport, None, compare)
        transport.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(REAL_LIMIT) == 0


def test_plain_lines_say_what_the_token_shows_and_says(tmp_path):
    where = ("--plain", "--board", "pico2", "--state", tmp_path / "token")
    with in_a_terminal("emulate", "kodeoplaeser", *where) as terminal:
        shown = await_text(terminal, "Heard: Strøm. Batteri får strøm.\r\n")  # by the cable
        os.write(terminal, b" ")
        shown += await_text(terminal, "Heard: Ikke sat op. Spørg udstederen.\r\n")
        os.write(terminal, b"q")
        shown += await_end(terminal)
    assert "Screen: Ikke sat op. / Spørg udstederen.\r\n" in shown
    assert not DRAWN.search(shown)
    assert "\x1b" not in shown, "control sequences are for drawings"
    for what in ("Screen:", "Heard:"):
        lines = [line for line in shown.split("\r\n") if line.startswith(what)]
        assert all(one != following for one, following in itertools.pairwise(lines)), (
            "only when it changes"
        )


def test_a_terminal_that_is_too_small_shows_the_text_and_says_which_size_is_needed(tmp_path):
    where = ("--state", tmp_path / "token")
    with in_a_terminal("emulate", *where, size=(60, 24)) as terminal:
        shown = await_text(terminal, "Q: quit")
        os.write(terminal, b" ")
        shown += await_text(terminal, "Ikke sat op")
        os.write(terminal, b"q")
    words = " ".join(shown.split())
    assert re.search(r"needs a terminal of 66 x 2[34] characters; this one has 60 x 24\.", words)
    assert not DRAWN.search(shown)


def test_a_dumb_terminal_gets_plain_lines(tmp_path):
    with in_a_terminal("emulate", "--state", tmp_path / "token", term="dumb") as terminal:
        shown = await_text(terminal, "Screen: dark\r\n")
        os.write(terminal, b"q")
    assert "Q: quit" in shown
    assert not DRAWN.search(shown)
    assert "\x1b" not in shown


def test_without_a_terminal_characters_are_keys_and_lines_are_plain(tmp_path):
    """After the end of the input the token goes on until it is asked to stop."""
    arguments = ["emulate", "kodeviser", "--state", str(tmp_path / "token")]
    with subprocess.Popen(
        [*KODEBRIK, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        lines = iter(process.stdout.readline, "")
        written = list(itertools.takewhile(lambda line: line != "Screen: dark\n", lines))
        process.stdin.write(" ")
        process.stdin.close()
        written += itertools.takewhile(lambda line: "Ikke sat op" not in line, lines)
        process.send_signal(signal.SIGINT)
        written += lines
        assert process.wait(REAL_LIMIT) == 0
    assert not DRAWN.search("".join(written))


@pytest.mark.parametrize(("option", "name"), [("--board", "abacus"), ("--board", "../pico")])
def test_an_unknown_board_is_said_so(option, name, capsys, tmp_path):
    assert (
        main(["emulate", "--headless", "--state", str(tmp_path / "t"), option, name])
        == ExitCode.USAGE
    )
    assert "There is no board" in capsys.readouterr().err


def test_two_signals_at_once_end_it(tmp_path):
    """The second may come while the first is being noted."""
    for _ in range(3):
        with running("emulate", "--state", tmp_path / "token", "--web", "--json") as process:
            json.loads(process.stdout.readline())
            process.send_signal(signal.SIGINT)
            process.send_signal(signal.SIGTERM)
            assert process.wait(REAL_LIMIT) == 0
