"""Ctrl-C in every command that works for long: it ends within two seconds, without traceback, with
exit code 130, no process is left, and nothing is half done."""

import json
import os
import secrets
import signal
import socket
import sqlite3
import time
from pathlib import Path

import pytest

from firmware.serial_number import luhn_digit
from host_tools.cli import main
from host_tools.errors import ExitCode
from host_tools.otp.credential import Credential
from host_tools.provisioning import batches
from host_tools.provisioning.batches import Batch
from host_tools.validator.keys import master_key
from host_tools.validator.records import NewToken
from host_tools.validator.service import Validator
from tests.support import drawn_pdf
from tests.support.command_line.interrupt import LIMIT, Ended, interrupted
from tests.support.command_line.inventory import NOW, SECRET, opened, record
from tests.support.command_line.program import run
from tests.support.emulated.on_port import on_port
from tests.support.validator.clock import VirtualClock
from tests.support.validator.tokens import EnrolledToken

TOKENS = 5000  # enough for an import, and a new data key, to take seconds


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """A user without any kodebrik file, and a database of their own."""
    values = {
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "KODEBRIK_DATABASE": f"sqlite:///{tmp_path / 'validator.db'}",
        master_key.VARIABLE: "5e" * 32,
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return values


def assert_ended_at_once(ended: Ended) -> None:
    assert ended.code == ExitCode.INTERRUPTED, ended.shown[-500:]
    assert "Traceback" not in ended.shown
    assert "Exception" not in ended.shown
    assert ended.seconds < LIMIT
    assert ended.left == ()


@pytest.fixture
def end(environment):
    """Interrupt a command at a marker; give what it showed."""

    def act(*arguments, at: str, **options) -> str:
        ended = interrupted(arguments, at, environment, **options)
        assert_ended_at_once(ended)
        return ended.shown

    return act


LONG = [
    pytest.param(["qa", "soak", "--years", "2", "--workers", "2"], r"fleet.* [1-9]\d?%", id="soak"),
    pytest.param(["qa", "soak", "--years", "50", "--workers", "2"], r"fleet.* 0%", id="soak-begin"),
    pytest.param(["qa", "soak", "--years", "50", "--firmware", "50"], r"fleet.* 0%", id="soak-vm"),
    pytest.param(["qa", "run", "--codes", "1000"], r"enrolling", id="qa-run-begin"),
    pytest.param(["qa", "vectors"], r" [1-9]\d?%", id="vectors"),
    pytest.param(["demo", "--state", "{tmp}/demo"], r"plugged in", id="demo"),
]


@pytest.mark.parametrize(("arguments", "marker"), LONG)
def test_a_long_command_ends_at_once(end, tmp_path, arguments, marker):
    shown = end(*(word.format(tmp=tmp_path) for word in arguments), at=marker)
    assert "Stopped by Ctrl-C." in shown


def test_a_soak_whose_workers_get_no_signal_ends_too(end):
    end("qa", "soak", "--years", "50", "--workers", "2", at="fleet.* 0%", group=False)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_server_does_not_wait_for_a_request_that_dawdles(environment, workers):
    opened = []

    def dawdle(shown: str, _workers: list[int]) -> None:
        port = int(shown.rpartition("http://127.0.0.1:")[2].split()[0])
        client = socket.create_connection(("127.0.0.1", port))
        client.sendall(b"POST /v1/checks HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
        opened.append(client)

    command = ["server", "--port", "0", "--workers", workers]
    ended = interrupted(command, r"http://\S+ ", environment, before=dawdle)
    for client in opened:
        client.close()
    assert_ended_at_once(ended)
    assert "The server was stopped by Ctrl-C." in ended.shown
    assert "Error" not in ended.shown, "it said that Ctrl-C stops it"


def test_a_server_does_not_wait_for_workers_that_do_not_answer(environment):
    def stop(_shown: str, started: list[int]) -> None:
        for number in started:
            if b"spawn_main" in Path(f"/proc/{number}/cmdline").read_bytes():
                os.kill(number, signal.SIGSTOP)
        time.sleep(1)  # by then each has been asked whether it lives

    command = ["server", "--port", "0", "--workers", "2"]
    assert_ended_at_once(interrupted(command, r"http://\S+ ", environment, before=stop))


def _secrets_file(path: Path) -> Path:
    lines = [f"S{number:06},hex:{secrets.token_hex(20)},totp" for number in range(TOKENS)]
    path.write_text("\n".join(["serial,secret,type", *lines]))
    return path


@pytest.mark.parametrize("marker", [r"Reading", r"Importing.* [1-9]\d?%"])
def test_an_import_brings_in_nothing(end, tmp_path, capsys, marker):
    end("import", _secrets_file(tmp_path / "tokens.csv"), at=marker)
    assert main(["audit", "verify", "--json"]) in (0, ExitCode.FILE)
    if (tmp_path / "validator.db").exists():
        capsys.readouterr()
        assert main(["list", "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == {"tokens": []}


def test_a_new_data_key_is_for_all_secrets_or_none(end, environment):
    clock = VirtualClock()
    holder = EnrolledToken("T", "anders", clock)
    key = master_key.from_environment()
    with Validator(environment["KODEBRIK_DATABASE"], key, clock) as validator:
        others = [NewToken(f"S{number:06}", holder.new().credential) for number in range(TOKENS)]
        validator.import_tokens([holder.new(), *others], actor="test")
    end("server", "rotate-key", at=r"[Ss]eal.* [1-9]\d?%")
    with Validator(environment["KODEBRIK_DATABASE"], key, clock) as validator:
        assert not validator.verify_audit().broken
        assert validator.rotate_key(actor="test") == TOKENS + 1


def test_a_backup_is_whole_or_not_there(end, environment, tmp_path):
    holder = EnrolledToken("T", "anders", VirtualClock())
    key = master_key.from_environment()
    with Validator(environment["KODEBRIK_DATABASE"], key) as validator:
        validator.import_tokens([holder.new()], actor="test")
    with sqlite3.connect(tmp_path / "validator.db") as connection:
        connection.execute("CREATE TABLE filler (content BLOB)")
        for _ in range(60):
            connection.execute("INSERT INTO filler VALUES (zeroblob(10000000))")
    connection.close()
    end("backup", tmp_path / "copy", at=r"Copying.* [1-9]\d?%")
    assert not list(tmp_path.glob("*copy*"))


def test_a_voice_pack_is_whole_or_not_there(environment, tmp_path):
    cache = tmp_path / "voices"
    command = ["voice", "build", "--output", tmp_path / "da.kvp"]
    ended = interrupted(command, r"Building", environment | {"KODEBRIK_VOICES": str(cache)})
    assert_ended_at_once(ended)
    assert not (tmp_path / "da.kvp").exists()
    assert not cache.exists() or {each.suffix for each in cache.iterdir()} <= {".lock"}


@pytest.mark.parametrize("marker", [r"Letters written", r"Letters written.* [1-9]\d?%"])
def test_each_letter_of_a_batch_is_whole_or_not_there(end, tmp_path, monkeypatch, marker):
    place, folder, count = tmp_path / "inventory.sqlite", tmp_path / "letters", 10
    monkeypatch.setenv("KODEBRIK_INVENTORY", str(place))
    with opened(place) as inventory:
        batch = Batch("b", "kodeviser", count, "x", "SHA1", 6, 30, "ab" * 8, "anna", NOW)
        batches.create(inventory, batch)
        for number in range(count):
            serial = f"{number:011}" + luhn_digit(f"{number:011}")
            job = batches.take(inventory, "b", serial, "s", NOW)
            record(inventory, serial, Credential("x", SECRET), batch="b")
            batches.finish(inventory, job, {}, NOW)
    command = ["batch", "letters", "b", folder, "--language", "en"]
    end(*command, at=marker)
    there = list(folder.iterdir())
    assert len(there) < count
    assert all(drawn_pdf.is_tagged(path) for path in there), "no half of one, by whatever name"
    assert main([*map(str, command), "--missing"]) == 0
    assert len(list(folder.glob("*.en.pdf"))) == count == len(list(folder.iterdir()))


def test_a_run_of_qa_leaves_a_report_of_what_was_played(end, tmp_path):
    junit = tmp_path / "report.xml"
    shown = end(
        *("qa", "run", "--codes", "1000", "--html", tmp_path / "page", "--junit", junit),
        at="accepted",
    )
    assert "Stopped by Ctrl-C before every case was played." in shown
    assert "Stopped by Ctrl-C" in (tmp_path / "page" / "index.html").read_text()
    assert "ended_early" in junit.read_text()


def test_a_run_of_qa_that_played_nothing_leaves_no_report(end, tmp_path):
    shown = end("qa", "run", "--html", tmp_path / "page", at="enrolling")
    assert "Stopped by Ctrl-C." in shown
    assert not (tmp_path / "page").exists()


def test_no_key_is_made_at_the_prompt(end, tmp_path):
    end("keys", "create", at="assphrase")
    assert not (tmp_path / "config" / "kodebrik" / "issuer.key").exists()


def _accounts(port: str) -> tuple[list[str], list[str]]:
    """Give the names of the token's accounts, and of those in the inventory."""
    on_token = json.loads(run("accounts", "list", "--port", port, "--json").stdout)
    kept = json.loads(run("inventory", "list", "--json").stdout)
    return (
        [account["name"] for account in on_token.get("accounts", [])],
        [account["name"] for token in kept["tokens"] for account in token["accounts"]],
    )


@pytest.fixture
def emulated(environment, tmp_path, monkeypatch):
    """A new token on a port, which the commands find by their environment."""
    with on_port(tmp_path, monkeypatch) as token:
        yield token


@pytest.mark.parametrize("marker", [r"shows a number|[Nn]umber", r"Writing|Storing"])
def test_provisioning_is_noted_for_what_the_token_has(
    environment, emulated, tmp_path, monkeypatch, marker
):
    port = os.environ["KODEBRIK_PORT"]
    if marker.startswith("Writing"):  # the token has its key already
        assert main(["provision", "--account", "first", *_generated(tmp_path / "first")]) == 0
    variables = {name: os.environ[name] for name in ("KODEBRIK_PORT", "KODEBRIK_ISSUER_KEY")}
    command = ["provision", "--account", "bank", *_generated(tmp_path / "bank")]
    ended = interrupted(
        command, marker, environment | variables | {"XDG_DATA_HOME": os.environ["XDG_DATA_HOME"]}
    )
    if ended.code != 0:  # else it was done in the moment before the signal
        assert_ended_at_once(ended)
    on_token, kept = _accounts(port)
    assert sorted(on_token) == sorted(kept)
    assert ("bank" in on_token) or ended.code != 0
    assert (tmp_path / "bank").exists() or "bank" not in on_token


def _generated(path: Path) -> list[str]:
    return ["--generate", "--secret-out", str(path)]
