"""The commands of the README and of the user pages work as printed, in order, in a fresh clone with
an empty home.

Every command is typed into a terminal. One that keeps running keeps its terminal, and the next
commands are typed into another one, as by a reader of the page. Installation is left out: `.venv`
is the environment that runs the tests, and the voices are those built there.
"""

import fcntl
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path

import pytest

from host_tools.voice import store
from tests.e2e.docs.blocks import commands
from tests.e2e.docs.terminal import Answer, Terminal
from tests.support.flashing import official

ROOT = Path(__file__).parents[3]
PASSPHRASE = "a passphrase of the test"

# Commands that keep running, and what they print when ready.
GO_ON = {
    r"kodebrik emulate .*--usb-drive": "BOOTSEL drive: ",
    r"kodebrik emulate kodeviser --state": "Screen: ",
    r"kodebrik demo --web": r"Open http://127\.0\.0\.1:",
    r"kodebrik server$": r"http://127\.0\.0\.1:8080",
}

# What a command must print.
PRINTS = {
    r"make run": r"pyotp computes",
    r"pytest docs/examples": r"100%",
    r"robot .*docs/examples": r"3 tests, 3 passed, 0 failed",
    r"kodebrik code ": r"\d{3} \d{3}",
    r"kodebrik flash write": r"kodeviser [0-9.]+ .*answers",
    r"kodebrik batch run": r"1 of 1 token of the batch is done",
    r"batch passport --verify": r"Genuine: the test passport of \d{12}",
    r"kodebrik inventory list --inventory": r"\d{12}",
    r"kodebrik import --from-inventory": r"anna\.holm|1 token",
}

# Commands that are not run, and why.
NOT_HERE = {
    r"make test": "it runs this test",
    r"kodebrik case ": "needs CadQuery, of 1.8 GB; make case runs it",
    r"micropython/ports/rp2": "needs MicroPython's sources",
    r"--token /dev/ttyACM0": "needs a board",
    r"--rfc2217 2217|docs/recipes": "needs labgrid or pytest-embedded; tests/interop has them",
    r"--otpauth-out account.txt|--kodebrik-port": "tests/host_tools/qa/kit does it",
    r"qa run --against http": "waits minutes of real time; tests/interop/test_qa.py does the same",
    r"^dask |--scheduler ": "needs several machines",
    r"qa run --app --browser": "needs a Chromium; tests/host_tools/qa has the cases",
    r"kodebrik qa soak --tokens 50 --years 3": "takes minutes; tests/host_tools/qa has short ones",
}

ELSEWHERE = ("docs/ceremony.md", "docs/testers.md")  # pages that use no port of their own

# Commands of other pages that a page requires to have been run.
BEFORE = {
    "docs/qa.md": ["kodebrik server"],
    "docs/ceremony.md": ["kodebrik emulate kodeviser --state build/token --link build/port"],
    "docs/hardware.md": [
        "kodebrik emulate kodeviser --state build/board --usb-drive build/drive --link build/port"
    ],
}

# What is typed besides where an emulated board stands in for a real one.
ON_THE_EMULATED_BOARD = {
    "docs/hardware.md": {
        r"kodebrik flash write --image": " build/drive --port build/port",
        r"kodebrik provision .*bank.secret$": " --port build/port",
    },
    "docs/ceremony.md": {
        r"kodebrik batch create": " --count 1",
        r"kodebrik batch run": " --ports build/port",
    },
}


def rule(rules: dict[str, str], command: str) -> str | None:
    """Return the value of the first expression that matches in the command."""
    return next((value for sign, value in rules.items() if re.search(sign, command)), None)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Copy the repository's files as they are now, without build results."""
    folder = tmp_path / "kodebrik"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file() and name != ".venv":
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    environment = folder / ".venv"
    environment.mkdir()
    for entry in Path(sys.prefix).iterdir():
        (environment / entry.name).symlink_to(entry)
    for stamp in (".made", ".run", ".dev"):  # newer than what they are made from
        (environment / stamp).unlink(missing_ok=True)
        (environment / stamp).touch()
    return folder


@pytest.fixture
def variables(clone: Path, tmp_path: Path) -> dict[str, str]:
    """Return the environment of a newly logged-in user; modules are loaded from the clone."""
    home = tmp_path / "home"
    downloads = home / "Downloads"
    downloads.mkdir(parents=True)
    name = f"{official.BUILDS['pico']}-20260406-v1.28.0.uf2"
    (downloads / name).write_bytes(official.stand_in("pico"))
    memory = tmp_path / "memory"
    memory.mkdir(mode=0o700)
    return {
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(memory),
        "PATH": f"{clone / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(clone),
        "LANG": "C.UTF-8",
        "KODEBRIK_VOICES": str(store.folder()),
    }


@contextmanager
def alone_on_port(port: int) -> Iterator[None]:
    """Wait for other tests that use the port; skip when another program does."""
    with (Path(tempfile.gettempdir()) / f"kodebrik-tests-{port}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                pytest.skip(f"port {port}, which the page's commands use, is taken")
        yield


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "docs/ceremony.md",
        "docs/hardware.md",
        "docs/validator.md",
        "docs/qa.md",
        "docs/testers.md",
    ],
)
def test_the_commands_of_a_page_work_in_their_order(
    page: str, clone: Path, variables: dict[str, str]
) -> None:
    typed = BEFORE.get(page, []) + commands(ROOT / page)
    assert typed
    on_port = nullcontext() if page in ELSEWHERE else alone_on_port(8080)
    with on_port, ExitStack() as opened:
        busy: list[Terminal] = []

        def another() -> Terminal:
            terminal = Terminal(clone, variables)
            opened.callback(terminal.close)
            return terminal

        def number_on_the_display() -> str:
            return busy[-1].read(r"(?s)Screen: [^\n]*?(\d{3} \d{3})").replace(" ", "")

        answers: list[Answer] = [
            (r"(?i)passphrase[^\n:]*: ?$", lambda: PASSPHRASE),
            (r"(?i)repeat for confirmation: ?$", lambda: PASSPHRASE),
            (r"Number: ?$", number_on_the_display),
            (r'Type "yes" if no secrets [^\n]* needed \[no\]: ?$', lambda: "yes"),
        ]
        terminal = another()
        for command in typed:
            if rule(NOT_HERE, command):
                continue
            sign = rule(GO_ON, command)
            if sign:
                terminal.start(command, sign)
                busy.append(terminal)
                terminal = another()
                continue
            besides = rule(ON_THE_EMULATED_BOARD.get(page, {}), command)
            printed = terminal.run(command + (besides or ""), answers)
            assert re.search(rule(PRINTS, command) or "", printed), f"{command}\n{printed}"
        for terminal in busy:
            terminal.interrupt()


def test_every_reason_for_not_running_a_command_is_needed() -> None:
    pages = ["README.md", "CONTRIBUTING.md"]
    pages += ["docs/hardware.md", "docs/qa.md", "docs/testers.md"]
    every = [command for page in pages for command in commands(ROOT / page)]
    unused = [sign for sign in NOT_HERE if not any(re.search(sign, each) for each in every)]
    assert not unused


def test_a_board_in_hand_gives_a_code_in_five_steps() -> None:
    text = (ROOT / "docs/hardware.md").read_text(encoding="utf-8")
    section = text.split("## From the board to a code\n")[1].split("\n#")[0]
    steps = re.findall(r"(?m)^(\d)\. ", section)
    assert steps == ["1", "2", "3", "4", "5"]
