"""Our own server as its users start it: `kodebrik server`, a process on a free port of loopback, on
SQLite."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from host_tools.cli.options.validator import open_validator
from host_tools.validator.records import NewToken
from tests.support.limits import REAL_LIMIT

_KODEBRIK = [sys.executable, "-c", "import sys; from host_tools.cli import main; sys.exit(main())"]


@dataclass(frozen=True)
class OwnServer:
    """A running server, the key of a checker and the key of an administrator."""

    url: str
    api_key: str
    administrator_key: str


@contextmanager
def running(
    folder: Path, tokens: dict[str, NewToken], settings: Path | None = None
) -> Iterator[OwnServer]:
    """Start it with `tokens` activated for the user-IDs that name them; stop it at the end."""
    database = f"sqlite:///{folder / 'validator.db'}"
    environment = os.environ | {
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "KODEBRIK_DATABASE": database,
    }
    key = folder / "master.key"
    _run(["server", "create-key", "--key-file", str(key)], environment)
    place = ["--database", database, "--master-key", str(key)]
    with open_validator(database, str(key)) as validator:
        validator.import_tokens(list(tokens.values()), actor="test")
        for user_id, token in tokens.items():
            validator.assign(token.serial, user_id, actor="test")
            validator.activate_by_administrator(token.serial, actor="test")
    keys = [
        json.loads(
            _run(["server", "api-key", role, "--role", role, *place, "--json"], environment)
        )["key"]
        for role in ("checker", "administrator")
    ]
    more = ["--settings", str(settings)] if settings else []
    command = [*_KODEBRIK, "server", *place, "--port", "0", "--json", *more]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        yield OwnServer(json.loads(server.stdout.readline())["url"], *keys)
    finally:
        server.terminate()
        server.wait(REAL_LIMIT)
        server.stdout.close()


def _run(arguments: Sequence[str], environment: dict[str, str]) -> str:
    done = subprocess.run(
        [*_KODEBRIK, *arguments], check=False, capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
