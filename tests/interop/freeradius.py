"""FreeRADIUS (https://www.freeradius.org) with the configuration of docs/freeradius/, started on
loopback."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.limits import REAL_LIMIT

DOCS = Path(__file__).parent.parent.parent / "docs" / "freeradius"
SECRET = "a shared secret of the test"
_PROGRAMS = ("freeradius", "radiusd")  # Debian's name and everybody else's
_CONFIG = """
prefix = /usr
libdir = {libdir}
raddbdir = {folder}
run_dir = {folder}
certdir = {folder}
pidfile = {folder}/radiusd.pid
max_request_time = 30
log {{
	destination = stdout
}}
security {{
	reject_delay = 0
	status_server = no
}}
thread pool {{
	start_servers = 2
	max_servers = 4
	min_spare_servers = 1
	max_spare_servers = 2
}}
client loopback {{
	ipaddr = 127.0.0.1
	secret = "{secret}"
	require_message_authenticator = yes
}}
modules {{
	expr {{
	}}
	always reject {{
		rcode = reject
	}}
	$INCLUDE {folder}/kodebrik.module
}}
$INCLUDE {folder}/kodebrik.site
"""


def program() -> str | None:
    """FreeRADIUS' program, where it is installed with its REST module."""
    found = next(
        filter(None, map(shutil.which, (*_PROGRAMS, "/usr/sbin/freeradius", "/usr/sbin/radiusd"))),
        None,
    )
    return found if found and _library() else None


ABSENT = (
    "FreeRADIUS is not installed (Debian: apt-get install freeradius freeradius-rest "
    "freeradius-utils)"
)


@dataclass(frozen=True)
class FreeRadius:
    """A running FreeRADIUS."""

    port: int

    def ask(self, user: str, code: str) -> str:
        """Ask with radclient: "Access-Accept" or "Access-Reject"."""
        return ask(self.port, SECRET, user, code)


def ask(port: int, secret: str, user: str, code: str) -> str:
    """Send one PAP request with a Message-Authenticator by FreeRADIUS' own client; give the name of
    the answer."""
    attributes = f'User-Name = "{user}"\nUser-Password = "{code}"\nMessage-Authenticator = 0x00\n'
    command = ["radclient", "-x", "-r", "10", "-t", "2", f"127.0.0.1:{port}", "auth", secret]
    done = subprocess.run(command, check=False, capture_output=True, text=True, input=attributes)
    for answer in ("Access-Accept", "Access-Reject", "Access-Challenge"):
        if f"Received {answer}" in done.stdout:
            return answer
    return f"no answer: {done.stdout}{done.stderr}"


@contextmanager
def running(folder: Path, url: str, api_key: str) -> Iterator[FreeRadius]:
    """Start it in `folder`, asking the server at `url`."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for name in ("kodebrik.module", "kodebrik.site"):
        text = (DOCS / name).read_text()
        (folder / name).write_text(
            text.replace("ipaddr = *", "ipaddr = 127.0.0.1").replace("1812", str(port))
        )
    (folder / "radiusd.conf").write_text(
        _CONFIG.format(folder=folder, libdir=_library(), secret=SECRET)
    )
    environment = os.environ | {"KODEBRIK_URL": url, "KODEBRIK_API_KEY": api_key}
    log = folder / "log"
    with log.open("wb") as file:
        command = [program(), "-f", "-d", str(folder), "-n", "radiusd"]
        server = subprocess.Popen(command, stdout=file, stderr=file, env=environment)
    try:
        _await(server, log)
        yield FreeRadius(port)
    finally:
        server.terminate()
        server.wait(REAL_LIMIT)


def _await(server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + REAL_LIMIT
    while server.poll() is None and time.monotonic() < deadline:
        if "Ready to process requests" in log.read_text():
            return
        time.sleep(0.05)
    raise RuntimeError(f"FreeRADIUS did not start: {log.read_text()[-1000:]}")


def _library() -> Path | None:
    candidates = [
        Path("/usr/lib/freeradius"),
        Path("/usr/lib64/freeradius"),
        *Path("/usr/lib").glob("*/freeradius"),
    ]
    return next((path for path in candidates if (path / "rlm_rest.so").exists()), None)
