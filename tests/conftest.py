"""Fixtures for many tests, and the option `--port`.

`runtime`: a test runs on CPython and on the MicroPython VM. `postgres_url`: an empty database of a
real PostgreSQL. `browser`: a Chromium.
"""

import gc
import os
import shutil
import signal
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from emulator.screen_text import close_fonts
from tests.support import postgres
from tests.support.runtime import CPython, MicroPython, Runtime, compile_modules

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# No deadline: an example's real time says what else the machine is doing. The gate draws the same
# examples each time.
settings.register_profile("kodebrik", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("kodebrik")

# The tests run in as many processes as there are cores; OpenBLAS's threads would only spin.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# A suite that a shell started in the background ignores Ctrl-C, and so would the commands in tests.
signal.signal(signal.SIGINT, signal.default_int_handler)
os.environ["LC_ALL"] = "C.UTF-8"  # tests read English texts, whatever language their machine speaks

# The tests write 2 GB of databases and flash images, which need not outlive a power cut.
_MEMORY = Path("/dev/shm")
_ROOM = 4 * 2**30  # bytes
if (
    _MEMORY.is_dir()
    and shutil.disk_usage(_MEMORY).free >= _ROOM
    and not os.statvfs(_MEMORY).f_flag & os.ST_NOEXEC
):
    tempfile.tempdir = os.environ.setdefault("TMPDIR", str(_MEMORY))

gc.disable()  # until the tests are collected: next to nothing of what that makes is garbage


def pytest_collection_finish() -> None:
    """Leave the collected tests out of all later searches for garbage."""
    gc.freeze()
    gc.enable()


def pytest_sessionfinish() -> None:
    """Close what the large fonts read from."""
    close_fonts()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line what was left out, and why."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped)
    if reasons:
        listed = "; ".join(f"{reason} ({count})" for reason, count in reasons.most_common())
        terminalreporter.write_line(f"Left out ({len(skipped)}, see CONTRIBUTING.md): {listed}")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--port` names a real token for tests/host_tools/link/test_device.py."""
    parser.addoption("--port", help="serial port of a token to test instead of an emulated one")


@pytest.fixture(scope="session")
def vm_modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the compiled firmware and drivers."""
    return compile_modules(tmp_path_factory.mktemp("modules"))


@pytest.fixture(scope="module")
def vm(vm_modules: Path) -> Iterator[MicroPython]:
    """A MicroPython VM of this test module's own."""
    started = MicroPython(vm_modules)
    yield started
    started.close()


@pytest.fixture(scope="module", params=[CPython, MicroPython], ids=["cpython", "micropython"])
def runtime(request: pytest.FixtureRequest) -> Runtime:
    """One of the two runtimes; see tests/support/runtime.py."""
    return CPython() if request.param is CPython else request.getfixturevalue("vm")


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """A Chromium of this test module's own; what is expected of a page may take its time, as the
    machine may be busy."""
    from playwright.sync_api import expect, sync_playwright  # noqa: PLC0415 - slow to load

    from tests.support import browser as chromium  # noqa: PLC0415 - as above

    with sync_playwright() as playwright, chromium.launched(playwright) as opened:
        expect.set_options(timeout=chromium.PATIENCE)
        yield opened


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a throw-away PostgreSQL server; see tests/support/postgres.py."""
    if postgres.binaries() is None:
        pytest.skip(postgres.ABSENT)
    with postgres.running() as url:
        yield url


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of a database of this test's own."""
    with postgres.database(postgres_server) as url:
        yield url
