"""A `kodebrik server` process that a test talks to over HTTP, and can kill."""

import contextlib
import copy
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2

from host_tools.validator.keys import master_key
from host_tools.validator.records import Role
from host_tools.validator.service import Validator
from tests.support.limits import REAL_LIMIT


@dataclass
class Server:
    """A server process: its address, and an administrator's API key."""

    process: subprocess.Popen[str]
    url: str
    key: str

    def client(self) -> httpx2.Client:
        # Over HTTP: reading the authorities' certificates would be most of what a client costs.
        return httpx2.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {self.key}"},
            timeout=REAL_LIMIT,
            verify=False,
        )


class ServerFolder:
    """A folder with a master key, for servers on one database."""

    def __init__(self, folder: Path, database: str) -> None:
        self.database = database
        self.key_file = folder / "master.key"
        self.settings = folder / "settings.toml"
        self.settings.write_text("requests_per_second = 1000000\n")
        master_key.create_file(self.key_file)
        with self.open() as validator:
            _, key = validator.create_api_key("test", Role.ADMINISTRATOR, actor="test")
        self.api_key = key.reveal().decode()

    def on_another_host(self, folder: Path) -> "ServerFolder":
        """Give what a second host has: a folder, a settings file and a copy of the master key of
        its own, and the same database."""
        other = copy.copy(self)
        other.key_file, other.settings = folder / "other.key", folder / "other.toml"
        other.key_file.touch(0o600)
        other.key_file.write_bytes(self.key_file.read_bytes())
        other.settings.write_text(self.settings.read_text())
        return other

    def open(self, **options) -> Validator:
        return Validator(self.database, master_key.from_file(self.key_file), **options)

    @contextlib.contextmanager
    def server(self, *options: str) -> Iterator[Server]:
        """Run a server; at the end it is killed if it still runs."""
        command = [
            sys.executable,
            "-c",
            "from host_tools.cli import main; raise SystemExit(main())",
            "server",
        ]
        command += [
            "--port",
            "0",
            "--json",
            "--settings",
            str(self.settings),
            "--master-key",
            str(self.key_file),
        ]
        command += options
        environment = os.environ | {
            "KODEBRIK_DATABASE": self.database,
            "PYTHONPATH": str(Path(__file__).parents[3]),  # its folder is another one
        }
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=self.key_file.parent,
        ) as process:
            try:
                assert process.stdout is not None
                yield Server(process, json.loads(process.stdout.readline())["url"], self.api_key)
            finally:
                process.kill()
