"""A real privacyIDEA (AGPL; https://www.privacyidea.org) in an environment of its own, for tests
and the bench.

    from tests.interop import privacyidea
    with privacyidea.running() as server:
        server.load("tokens.pskc", content, type="pskc", psk="00112233…")
        server.check("SERIAL", "123456")

`make interop` installs it under build/; each run starts from a prepared, empty instance on SQLite,
served by gunicorn.
"""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from tests.support.limits import REAL_LIMIT

PACKAGES = ("privacyidea==3.14", "gunicorn==27.0.1")
FOLDER = Path(__file__).parent.parent.parent / "build" / "interop" / "privacyidea"
ABSENT = "privacyIDEA is not installed; 'make interop' installs it under build/"
ADMIN = "admin"
_BIN = FOLDER / "venv" / "bin"
_READY = FOLDER / "ready"
_CONFIG = """
import os
from tests.support.limits import REAL_LIMIT
HERE = os.path.abspath(os.path.dirname(__file__))
PI_ENCFILE = os.path.join(HERE, "encKey")
PI_AUDIT_KEY_PRIVATE = os.path.join(HERE, "private.pem")
PI_AUDIT_KEY_PUBLIC = os.path.join(HERE, "public.pem")
PI_LOGFILE = os.path.join(HERE, "privacyidea.log")
SQLALCHEMY_DATABASE_URI = "sqlite:///" + os.path.join(HERE, "privacyidea.sqlite")
SECRET_KEY = "{secret}"
PI_PEPPER = "{pepper}"
"""


@dataclass(frozen=True)
class PrivacyIdea:
    """A running instance. `password` is the administrator's, `token` what its log-in gave; `pid` is
    gunicorn's."""

    url: str
    folder: Path
    password: str
    token: str
    pid: int

    def ask(self, method: str, path: str, **more: Any) -> Any:
        """Call its API as administrator and give result.value; an error answer raises."""
        answer = httpx2.request(
            method,
            self.url + path,
            headers={"Authorization": self.token},
            timeout=REAL_LIMIT,
            **more,
        ).json()
        if not answer["result"]["status"]:
            raise RuntimeError(answer["result"]["error"]["message"])
        return answer["result"]["value"]

    def load(self, name: str, content: bytes, **form: str) -> dict[str, int]:
        """Import a file of tokens (`type`: "pskc" or "oathcsv"; `psk` or `password`); gives how
        many came in."""
        return self.ask("POST", f"/token/load/{name}", files={"file": (name, content)}, data=form)

    def check(self, serial: str, code: str) -> bool:
        """Have a token's code checked."""
        return bool(self.ask("POST", "/validate/check", data={"serial": serial, "pass": code}))

    def export_pskc(self) -> tuple[bytes, bytes]:
        """Export all tokens by its own tool: the file's content and the key under which it is
        encrypted."""
        target = self.folder / "export.pskc"
        done = _run(
            "pi-tokenjanitor",
            "find",
            "export",
            "--format",
            "pskc",
            "--file",
            str(target),
            folder=self.folder,
        )
        key = next(line.strip() for line in done.stderr.splitlines() if len(line.strip()) == 32)
        return target.read_bytes(), bytes.fromhex(key)

    def export_csv(self) -> bytes:
        """Export all tokens as CSV."""
        target = self.folder / "export.csv"
        _run(
            "pi-tokenjanitor",
            "find",
            "export",
            "--format",
            "csv",
            "--file",
            str(target),
            folder=self.folder,
        )
        return target.read_bytes()


def installed() -> bool:
    """Say whether `make interop` has installed it, in this version."""
    return _READY.exists() and _READY.read_text() == repr(PACKAGES)


def install() -> None:
    """Install it into an environment of its own and prepare an empty instance."""
    if installed():
        return
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    print(f"Installing {PACKAGES[0]} under {FOLDER.relative_to(Path.cwd())}", flush=True)
    subprocess.run([sys.executable, "-m", "venv", FOLDER / "venv"], check=True)
    pip = [_BIN / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *PACKAGES], check=True)
    instance = FOLDER / "instance"
    instance.mkdir()
    (instance / "pi.cfg").write_text(
        _CONFIG.format(secret=secrets.token_hex(24), pepper=secrets.token_hex(16))
    )
    for what in ("create_enckey", "create_audit_keys", "create_tables"):
        _run("pi-manage", "setup", what, folder=instance)
    _READY.write_text(repr(PACKAGES))


@contextmanager
def running(workers: int = 1) -> Iterator[PrivacyIdea]:
    """Start an empty instance on a free port of loopback; stop and remove it at the end."""
    folder = Path(tempfile.mkdtemp(prefix="kodebrik-privacyidea-"))
    try:
        shutil.copytree(FOLDER / "instance", folder, dirs_exist_ok=True)
        password = secrets.token_urlsafe(12)
        _run("pi-manage", "admin", "add", "-p", password, ADMIN, folder=folder)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        application = (
            f"privacyidea.app:create_app('production', '{folder / 'pi.cfg'}', silent=True)"
        )
        options = ("--bind", f"127.0.0.1:{port}", "--workers", str(workers), "--timeout", "120")
        with (folder / "gunicorn.log").open("wb") as log:
            server = subprocess.Popen(
                [_BIN / "gunicorn", *options, application], stdout=log, stderr=log, cwd=folder
            )
        try:
            url = f"http://127.0.0.1:{port}"
            token = _log_in(server, url, password, folder / "gunicorn.log")
            yield PrivacyIdea(url, folder, password, token, server.pid)
        finally:
            server.terminate()
            server.wait(REAL_LIMIT)
    finally:
        shutil.rmtree(folder)


def _log_in(server: subprocess.Popen[bytes], url: str, password: str, log: Path) -> str:
    deadline = time.monotonic() + REAL_LIMIT
    while server.poll() is None and time.monotonic() < deadline:
        try:
            answer = httpx2.post(
                f"{url}/auth", data={"username": ADMIN, "password": password}, timeout=REAL_LIMIT
            )
        except httpx2.ConnectError:
            time.sleep(0.1)
            continue
        return str(answer.json()["result"]["value"]["token"])
    raise RuntimeError(f"privacyIDEA did not start: {log.read_text()[-500:]}")


def _run(program: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "PRIVACYIDEA_CONFIGFILE": str(folder / "pi.cfg"),
        "PATH": f"{_BIN}:{os.environ['PATH']}",
    }
    command: Sequence[Path | str] = [_BIN / program, *arguments]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env=environment, cwd=folder
    )
    if done.returncode:
        raise RuntimeError(
            f"{program} {arguments[:2]} failed: {(done.stdout + done.stderr)[-500:]}"
        )
    return done


if __name__ == "__main__":
    install()
