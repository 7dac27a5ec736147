"""The server's log on standard error, and its first line: with times, with whose request was not
valid and why, and in the language that was asked for."""

import os
import re
import socket
import subprocess
from pathlib import Path

import pytest

from tests.support.command_line.program import KODEBRIK
from tests.support.limits import REAL_LIMIT
from tests.support.validator.server import ServerFolder

TIMED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z WARNING ")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_request_that_is_no_http_is_logged_with_time_address_and_cause(
    tmp_path: Path, workers: str
) -> None:
    place = ServerFolder(tmp_path, f"sqlite:///{tmp_path / 'validator.db'}")
    command = [*KODEBRIK, "--lang", "da", "server", "--port", "0", "--workers", workers]
    command += ["--master-key", str(place.key_file)]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"KODEBRIK_DATABASE": place.database},
    ) as server:
        assert server.stdout is not None
        ready = server.stdout.readline()
        assert "Valideringsserveren" in ready, "the language of the command"
        found = re.search(r"http://127\.0\.0\.1:(\d+)", ready)
        assert found is not None
        for sent in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"hello\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", int(found[1])), REAL_LIMIT) as opened:
                opened.sendall(sent)
                assert opened.recv(12) == b"HTTP/1.1 400"
        server.terminate()
        _, said = server.communicate(timeout=REAL_LIMIT)
    lines = [line for line in said.splitlines() if "WARNING" in line]
    assert len(lines) == 2, said
    for line, cause in zip(lines, ("it speaks TLS", "ethod"), strict=True):
        assert TIMED.match(line)
        assert "from 127.0.0.1" in line
        assert cause in line
