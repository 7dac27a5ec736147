"""The fixture `runtime`, with which a test runs on CPython and on the MicroPython VM, and the option `--port`."""

import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.runtime import CPython, MicroPython, Runtime

# No deadline: an example's real time says what else the machine is doing. The gate draws the same examples each time.
settings.register_profile("kodebrik", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("kodebrik")


def pytest_sessionfinish() -> None:
    """Close what the large fonts read from, which stays open for as long as a token has power."""
    for name in [name for name in sys.modules if name.startswith("firmware.products.fonts.")]:
        if hasattr(sys.modules[name], "_file"):
            sys.modules[name]._file.close()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--port` names a real token for tests/host/test_device.py."""
    parser.addoption("--port", help="serial port of a token to test instead of an emulated one")


@pytest.fixture(scope="session", params=[CPython, MicroPython], ids=["cpython", "micropython"])
def runtime(request: pytest.FixtureRequest) -> Iterator[Runtime]:
    """One of the two runtimes; see tests/runtime.py."""
    chosen = request.param()
    yield chosen
    chosen.close()
