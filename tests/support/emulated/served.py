"""`kodebrik emulate --web` in a process of its own, and a program that uses its HTTP API by nothing
but the standard library."""

import json
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from websockets.sync.client import connect

from emulator.session import Emulator
from tests.support.command_line.program import KODEBRIK
from tests.support.emulated.desk import BOARDS
from tests.support.emulated.token import TokenUnderTest, totp
from tests.support.limits import REAL_LIMIT


@dataclass
class Served:
    """A served token: the API's address, its secret, the addresses of the link."""

    process: subprocess.Popen[str]
    api: str
    secret: str
    links: dict[str, str]
    asked: int = 0  # requests so far

    def ask(self, method: str, path: str, given: Any = None) -> Any:
        """Send a request and give the answer's JSON, or its bytes. HTTPError when it is refused."""
        headers = {"Authorization": f"Bearer {self.secret}", "Content-Type": "application/json"}
        body = None if given is None else json.dumps(given).encode()
        request = urllib.request.Request(f"{self.api}/{path}", body, headers, method=method)
        self.asked += 1
        with urllib.request.urlopen(request, timeout=REAL_LIMIT) as answer:
            content = answer.read()
            if answer.headers.get("Content-Type") == "application/json":
                return json.loads(content)
            return content

    def memory(self) -> float:
        """Give the megabytes that the emulator holds, without the VM, which starts anew with each
        power-on."""
        return psutil.Process(self.process.pid).memory_info().rss / 2**20

    def processor(self) -> float:
        """Give the seconds of the processor that the emulator and its VM have used."""
        emulator = psutil.Process(self.process.pid)
        times = [one.cpu_times() for one in (emulator, *emulator.children(recursive=True))]
        return sum(one.user + one.system for one in times)

    @contextmanager
    def listened_to(self) -> Iterator[None]:
        """Take its events and its sound, as its page does."""
        address = self.api.replace("http://", "ws://") + "/events?sound=true"
        with connect(address, open_timeout=REAL_LIMIT) as socket:
            socket.send(self.secret)
            listener = threading.Thread(target=lambda: list(socket), daemon=True)
            listener.start()
            yield
        listener.join()


@contextmanager
def served(product: str, image: bytes, folder: Path) -> Iterator[Served]:
    """Serve a token with one account, off and unplugged; its time stands still."""
    board = BOARDS[product]
    with Emulator(product, board, folder, image=image, time=time.time()) as emulator:
        TokenUnderTest(emulator).provision(totp())
    command = [*KODEBRIK, "emulate", product, "--board", board, "--state", str(folder)]
    with subprocess.Popen([*command, "--web", "--json"], stdout=subprocess.PIPE, text=True) as run:
        try:
            assert run.stdout is not None
            said = json.loads(run.stdout.readline())
            address, _, secret = said["web"].partition("#")
            links = {name: said[name] for name in ("link", "rfc2217")}
            token = Served(run, f"{address}api/v1", secret, links)
            token.ask("PATCH", "token", {"plugged": False, "rate": 0})
            token.ask("POST", "advance", {"seconds": 60})
            yield token
        finally:
            run.terminate()
            run.wait(REAL_LIMIT)
