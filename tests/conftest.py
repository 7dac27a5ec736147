"""The fixture `runtime`, with which a test runs on CPython and on the MicroPython VM, and the option `--port`."""

from collections.abc import Iterator

import pytest

from tests.runtime import CPython, MicroPython, Runtime


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--port` names a real token for tests/host/test_device.py."""
    parser.addoption("--port", help="serial port of a token to test instead of an emulated one")


@pytest.fixture(scope="session", params=[CPython, MicroPython], ids=["cpython", "micropython"])
def runtime(request: pytest.FixtureRequest) -> Iterator[Runtime]:
    """One of the two runtimes; see tests/runtime.py."""
    chosen = request.param()
    yield chosen
    chosen.close()
