"""The programs that docs/emulator.md prints for the API, as they stand there, in processes of their
own; and requests as other languages' clients write them."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from tests.support.emulated.served import Served, served
from tests.support.limits import REAL_LIMIT

PAGE = (Path(__file__).parents[3] / "docs" / "emulator.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def token(
    images: Callable[[str], bytes], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served") / "token"
    with served("kodeviser", images("kodeviser"), folder) as made:
        yield made


def off(token: Served) -> None:
    token.ask("POST", "advance", {"seconds": 60})
    assert not token.ask("GET", "screen")["on"]


def test_the_program_in_python_shows_a_code(token: Served) -> None:
    off(token)
    program = re.search(r"```python\n(import json\n.*?)```", PAGE, re.DOTALL)[1]
    url = f"{token.api.removesuffix('/api/v1')}/#{token.secret}"
    shown = subprocess.check_output(
        [sys.executable, "-c", program],
        env=os.environ | {"KODEBRIK_WEB": url},
        text=True,
        timeout=REAL_LIMIT,
    )
    assert re.search(r"'\d{3} \d{3}'", shown), shown


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_command_of_curl_presses_the_key(token: Served) -> None:
    off(token)
    command = re.search(r"    (curl -H [^\n]*\n +-d [^\n]*/press)\n", PAGE)[1]
    run_in_shell(token, f"{command} --silent --fail")
    assert token.ask("GET", "screen")["on"]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_commands_of_curl_save_a_state_and_load_it(token: Served, tmp_path: Path) -> None:
    save, load = re.findall(r"    (curl -H [^\n]*state\.zip [^\n]*/state)\n", PAGE)
    run_in_shell(token, f"{save} --silent --fail", tmp_path)
    token.ask("PATCH", "token", {"battery_mv": 3333})
    run_in_shell(token, f"{load} --silent --fail", tmp_path)
    assert token.ask("GET", "token")["battery_mv"] == 3900


def run_in_shell(token: Served, command: str, folder: Path | None = None) -> None:
    """Run a command of the page's for a token."""
    command = command.replace("127.0.0.1:PORT/api/v1", token.api.removeprefix("http://"))
    subprocess.run(
        ["sh", "-c", command],
        env=os.environ | {"SECRET": token.secret},
        cwd=folder,
        check=True,
        capture_output=True,
        timeout=REAL_LIMIT,
    )


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{\r\n    "keys":  [\r\n                 "red"\r\n             ]\r\n}', ""),
        (b'\xef\xbb\xbf{"keys": ["red"]}', "; charset=utf-8"),
        ('{"keys": ["red"]}'.encode("utf-16"), "; charset=utf-16"),
    ],
    ids=["ConvertTo-Json", "byte order mark", "UTF-16"],
)
def test_json_as_other_clients_write_it_is_taken(token: Served, body: bytes, kind: str) -> None:
    headers = {
        "Authorization": f"Bearer {token.secret}",
        "Content-Type": f"application/json{kind}",
        "Host": "localhost:8765",  # by a tunnel
    }
    answer = httpx2.post(f"{token.api}/press", content=body, headers=headers)
    assert answer.status_code == 200, answer.text
