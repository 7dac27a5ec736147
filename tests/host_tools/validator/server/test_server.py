"""`kodebrik server` and `kodebrik audit` as an administrator uses them."""

import contextlib
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import threading
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pyrad import packet as wire
from sqlalchemy import create_engine, text

from host_tools.cli import main
from host_tools.errors import ExitCode
from host_tools.otp.credential import Credential
from host_tools.secret import Secret
from host_tools.validator.radius import server as radius
from host_tools.validator.records import NewToken
from host_tools.validator.server import settings_file
from tests.support.certificate import self_signed
from tests.support.command_line.program import KODEBRIK
from tests.support.limits import REAL_LIMIT
from tests.support.validator.clock import VirtualClock
from tests.support.validator.server import ServerFolder
from tests.support.validator.tokens import activated

SECRET, CODES = b"12345678901234567890", ("755224", "287082", "359152")  # RFC 4226, appendix D


@pytest.fixture
def place(tmp_path: Path) -> ServerFolder:
    return ServerFolder(tmp_path, f"sqlite:///{tmp_path / 'validator.db'}")


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    built = self_signed(key, "localhost", x509.SubjectAlternativeName([x509.DNSName("localhost")]))
    certificate, private = folder / "server.pem", folder / "server.key"
    certificate.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    private.write_bytes(key.private_bytes(pem, pkcs8, serialization.NoEncryption()))
    return certificate, private


def test_it_starts_at_once_without_any_option_and_is_the_users_alone(tmp_path: Path):
    environment = os.environ | {"HOME": str(tmp_path), "XDG_DATA_HOME": "", "XDG_CONFIG_HOME": ""}
    environment.pop("KODEBRIK_DATABASE", None)
    command = [*KODEBRIK, "server", "--port", "0", "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as server:
        url = json.loads(server.stdout.readline())["url"]
        assert httpx2.get(f"{url}/readyz", timeout=REAL_LIMIT).status_code == 200
        server.send_signal(signal.SIGTERM)
        _, said = server.communicate(timeout=REAL_LIMIT)
    assert server.returncode == 0
    assert "Keep a copy" in said
    made = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.name for path in made} >= {"validator.db", "master.key"}
    assert {path.stat().st_mode & 0o077 for path in made} == {0}


def test_requests_in_progress_are_completed_at_shutdown(place: ServerFolder):
    with place.open() as validator:
        holders = activated(validator, VirtualClock(), *(f"user-{n}" for n in range(20)))
    with place.server() as server:
        answers: list[int] = []

        def ask(serial: str) -> None:
            # Who comes when it no longer listens, or waits in its queue then, was never begun: the
            # sum below tells.
            with (
                server.client() as client,
                contextlib.suppress(httpx2.ConnectError, httpx2.ReadError),
            ):
                answers.append(
                    client.post("/v1/checks", json={"serial": serial, "code": "000000"}).status_code
                )

        with server.client() as client:
            client.get("/healthz")
        threads = [threading.Thread(target=ask, args=(holder.serial,)) for holder in holders]
        for thread in threads:
            thread.start()
        threads[0].join()
        server.process.send_signal(signal.SIGTERM)
        for thread in threads:
            thread.join()
        assert server.process.wait(REAL_LIMIT) == 0
    with place.open() as validator:
        counted = sum(validator.token(holder.serial).failures for holder in holders)
    assert counted == answers.count(200) >= 1


def test_several_workers_share_one_database(place: ServerFolder):
    with place.server("--workers", "2") as server, server.client() as client:
        assert client.get("/v1/tokens").json()["total"] == 0
        with place.open() as validator:
            activated(validator, VirtualClock(), "anders")
        assert {client.get("/v1/tokens").json()["total"] for _ in range(8)} == {1}
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(REAL_LIMIT) == 0


def test_a_certificate_that_is_not_there_is_named(
    place: ServerFolder,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    certificate, _ = _certificate(tmp_path)
    nope = tmp_path / "nope.pem"
    for given in (
        ["--certificate", str(nope)],
        ["--certificate", str(certificate), "--private-key", str(nope)],
    ):
        code, said = _run(capsys, "server", *_options(place), *given)
        assert (code, said["id"]) == (ExitCode.FILE, "file-unreadable")
        assert str(nope) in said["error"]
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    database = f"sqlite:///{tmp_path / 'new.db'}"
    code, _ = _run(capsys, "server", "--certificate", str(nope), "--database", database)
    assert code == ExitCode.FILE
    assert not list((tmp_path / "config").rglob("*.key")), "no master key for a server that is none"


def test_it_speaks_tls_and_only_tls_when_it_has_a_certificate(place: ServerFolder, tmp_path: Path):
    certificate, private = _certificate(tmp_path)
    with place.server("--certificate", str(certificate), "--private-key", str(private)) as server:
        port = httpx2.URL(server.url).port
        assert server.url.startswith("https://")
        context = ssl.create_default_context(cafile=str(certificate))
        with (
            socket.create_connection(("127.0.0.1", port)) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as secure,
        ):
            assert secure.version() in ("TLSv1.2", "TLSv1.3")
        with pytest.raises(httpx2.TransportError):
            httpx2.get(server.url.replace("https:", "http:"))


def _run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict]:
    code = main([*arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_serving_without_tls_beyond_loopback_gives_a_warning(
    place: ServerFolder, capsys: pytest.CaptureFixture[str]
):
    options = ("--database", place.database, "--master-key", str(place.key_file))
    with socket.create_server(("0.0.0.0", 0)) as taken:
        port = str(taken.getsockname()[1])
        for host, warned in (("0.0.0.0", True), ("127.0.0.1", False)):
            assert main(["server", "--host", host, "--port", port, *options]) == ExitCode.BUSY
            assert ("in the clear" in capsys.readouterr().err) is warned


def test_a_port_in_use_is_named(place: ServerFolder, capsys: pytest.CaptureFixture[str]):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        options = ("--database", place.database, "--master-key", str(place.key_file))
        code, said = _run(capsys, "server", "--port", port, *options)
    assert code == ExitCode.BUSY
    assert port in said["error"]


def _options(place: ServerFolder) -> tuple[str, ...]:
    return (
        "--database",
        place.database,
        "--master-key",
        str(place.key_file),
        "--settings",
        str(place.settings),
    )


def _radius(place: ServerFolder, port: int) -> None:
    clients = place.settings.with_name("radius.clients")
    clients.touch(0o600)
    clients.write_text("127.0.0.1 a-secret-of-at-least-16\n")
    place.settings.write_text(f"[radius]\nport = {port}\nclients_file = 'radius.clients'\n")


@pytest.mark.parametrize("shared", [False, True], ids=["held alone", "by one that would share it"])
def test_a_radius_port_in_use_is_named_before_anything_is_served(
    place: ServerFolder, capsys: pytest.CaptureFixture[str], shared: bool
):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, int(shared))
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        _radius(place, port)
        code, said = _run(capsys, "server", "--port", "0", *_options(place))
    assert code == ExitCode.BUSY
    assert f"RADIUS on 127.0.0.1 port {port}" in said["error"]
    assert "another address or port" in said["hint"]


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_when_it_says_that_it_is_ready_radius_answers(place: ServerFolder, workers: str):
    port = _free_port()
    _radius(place, port)
    with (
        place.server("--workers", workers),
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        client.settimeout(30)
        request = wire.AuthPacket(code=wire.StatusServer, secret=b"a-secret-of-at-least-16")
        request.add_message_authenticator()
        client.sendto(request.RequestPacket(), ("127.0.0.1", port))  # once: nothing is sent again
        assert client.recv(4096)[0] == wire.AccessAccept


def test_a_short_user_id_of_another_system_is_checked_by_radius_and_privacyideas_route(
    place: ServerFolder,
):
    port = _free_port()
    _radius(place, port)
    with place.settings.open("a") as file:
        file.write('[user_ids]\nleast = 2\nalphabet = "a-z"\n')
    rule = settings_file.load(place.settings).user_ids.rule
    credential = Credential("T1", Secret(SECRET), period=None, counter=0)
    with place.open(user_ids=rule) as validator:
        validator.import_tokens(
            [NewToken("T1", credential)], users={"T1": "bob"}, activate=True, actor="test"
        )
    with (
        place.server() as server,
        server.client() as client,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking,
    ):
        asking.settimeout(30)
        for number, code, answer in (
            (1, CODES[0], wire.AccessAccept),
            (2, CODES[0], wire.AccessReject),
            (3, CODES[1], wire.AccessAccept),
        ):
            packet = wire.AuthPacket(id=number, secret=b"a-secret-of-at-least-16")
            packet[radius.USER_NAME] = [b"bob"]
            packet[radius.USER_PASSWORD] = [packet.PwCrypt(code)]
            packet.add_message_authenticator()
            asking.sendto(packet.RequestPacket(), ("127.0.0.1", port))
            assert asking.recv(4096)[0] == answer
        asked = client.post("/validate/check", data={"user": "bob", "pass": CODES[2]})
        assert asked.json()["result"]["value"] is True


def test_settings_that_are_not_understood_are_named(
    place: ServerFolder, capsys: pytest.CaptureFixture[str]
):
    for content, named in (
        ("nonsense = 1", "nonsense"),
        ("[radius]\nport = 'x'", "port"),
        ("[radius]\n", "clients_file"),
        ("sign_in_demo = 1", "sign_in_demo"),
        ("[user_ids]\nleast = 0", "least"),
        ("[user_ids]\nleast = 9\nmost = 8", "no greater than most"),
        ("[user_ids]\nalphabet = 'z-a'", "a-z0-9"),
        ("keyless_checks_from = ['everywhere']", "everywhere"),
        ("= =", "TOML"),
    ):
        place.settings.write_text(content)
        code, said = _run(capsys, "server", *_options(place))
        assert code == ExitCode.BAD_INPUT
        assert named in said["error"]


def test_a_certificate_that_cannot_be_used_is_refused(
    place: ServerFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    certificate, _ = _certificate(tmp_path)
    (tmp_path / "other").mkdir()
    _, other = _certificate(tmp_path / "other")
    options = ("--database", place.database, "--master-key", str(place.key_file), "--port", "0")
    tls = ("--certificate", str(certificate), "--private-key", str(other))
    code, said = _run(capsys, "server", *options, *tls)
    assert (code, "certificate" in said["error"]) == (ExitCode.BAD_INPUT, True)


def test_audit_verify_says_whole_or_names_the_entry(
    place: ServerFolder, capsys: pytest.CaptureFixture[str]
):
    with place.open() as validator:
        activated(validator, VirtualClock(), "anders")
    options = ("--database", place.database, "--master-key", str(place.key_file))
    code, said = _run(capsys, "audit", "verify", *options)
    assert (code, said["broken"]) == (ExitCode.OK, [])
    engine = create_engine(place.database)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM audit WHERE chain = 'anders-1' AND sequence = 2"))
    engine.dispose()
    code, said = _run(capsys, "audit", "verify", *options)
    assert code == ExitCode.CHECK_FAILED
    assert said["broken"] == [
        {"serial": "anders-1", "sequence": 2, "what": "The entry is missing."},
        {
            "serial": None,
            "sequence": None,
            "what": "The root does not fit the rows and entries: some were put back to an earlier"
            " state, removed or added.",
        },
    ]
    assert main(["audit", "verify", *options]) == ExitCode.CHECK_FAILED
    assert "anders-1, entry 2: The entry is missing." in capsys.readouterr().out


def test_an_anchor_tells_that_a_whole_database_was_put_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    place = ServerFolder(tmp_path, f"sqlite:///{tmp_path / 'validator.db'}")
    shutil.copy(tmp_path / "validator.db", tmp_path / "before.db")
    options = ("--database", place.database, "--master-key", str(place.key_file))
    file = tmp_path / "anchor.json"
    code, said = _run(capsys, "audit", "anchor", "--out", str(file), *options)
    assert (code, said) == (ExitCode.OK, json.loads(file.read_text()))
    assert said["entries"] == said["sequence"] == 3  # start, the API key, the anchor
    assert _run(capsys, "audit", "anchor", "--out", str(file), *options)[0] == ExitCode.FILE
    assert main(["audit", "anchor", *options]) == ExitCode.OK
    assert json.loads(capsys.readouterr().out)["entries"] == 4
    with_anchor = ("audit", "verify", "--anchor", str(file), *options)
    assert _run(capsys, *with_anchor) == (
        0,
        {"entries": 4, "earlier": 0, "chains": 1, "broken": []},
    )
    assert main([*with_anchor]) == ExitCode.OK
    assert "contains the anchor" in capsys.readouterr().out
    shutil.copy(tmp_path / "before.db", tmp_path / "validator.db")
    assert _run(capsys, "audit", "verify", *options)[0] == ExitCode.OK
    code, said = _run(capsys, *with_anchor)
    assert code == ExitCode.CHECK_FAILED
    (fault,) = said["broken"]
    assert (fault["serial"], fault["sequence"]) == (None, 3)
    assert "was put back to a state before the anchor. After a restore on purpose" in fault["what"]


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"at": 1, "entries": "3"}'])
def test_a_file_that_is_no_anchor_is_named(
    place: ServerFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str
):
    file = tmp_path / "anchor.json"
    options = ("--database", place.database, "--master-key", str(place.key_file))
    file.write_text(content)
    code, said = _run(capsys, "audit", "verify", "--anchor", str(file), *options)
    assert (code, said["error"]) == (ExitCode.BAD_INPUT, f"{file} is no anchor of the audit.")
    file.unlink()
    code, _ = _run(capsys, "audit", "verify", "--anchor", str(file), *options)
    assert code == ExitCode.FILE


def test_audit_verify_makes_no_database_where_there_is_none(
    place: ServerFolder, tmp_path: Path, capsys
):
    missing = tmp_path / "missing.db"
    options = ("--database", f"sqlite:///{missing}", "--master-key", str(place.key_file))
    code, _ = _run(capsys, "audit", "verify", *options)
    assert (code, missing.exists()) == (ExitCode.FILE, False)


def test_keys_are_made_rotated_changed_and_revoked_from_the_command_line(
    place: ServerFolder, tmp_path: Path, capsys
):
    options = ("--database", place.database, "--master-key", str(place.key_file))
    with place.open() as validator:
        activated(validator, VirtualClock(), "anders", "bente")
    assert _run(capsys, "server", "rotate-key", *options) == (0, {"secrets": 2})
    new = tmp_path / "new.key"
    assert _run(capsys, "server", "create-key", "--key-file", str(new))[0] == 0
    assert (
        _run(capsys, "server", "change-master-key", "--to", str(new), *options)[1]["data_keys"] == 2
    )
    assert _run(capsys, "audit", "verify", *options)[0] == ExitCode.WRONG_KEY
    options = ("--database", place.database, "--master-key", str(new))
    assert _run(capsys, "audit", "verify", *options)[0] == ExitCode.OK
    out = tmp_path / "api.key"
    assert (
        _run(capsys, "server", "api-key", "web", "--role", "auditor", "--out", str(out), *options)[
            0
        ]
        == 0
    )
    assert out.stat().st_mode & 0o777 == 0o600
    assert _run(capsys, "server", "api-key", "web", "--revoke", *options)[0] == 0
    assert _run(capsys, "server", "api-key", "web", "--revoke", *options)[0] == ExitCode.CONFLICT
    assert _run(capsys, "server", "api-key", "x", "--role", "king", *options)[0] == ExitCode.USAGE
