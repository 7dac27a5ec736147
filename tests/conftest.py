"""The fixture `runtime`: a test that takes it runs on CPython and on the MicroPython VM."""

from collections.abc import Iterator

import pytest

from tests.runtime import CPython, MicroPython, Runtime


@pytest.fixture(scope="session", params=[CPython, MicroPython], ids=["cpython", "micropython"])
def runtime(request: pytest.FixtureRequest) -> Iterator[Runtime]:
    """One of the two runtimes; see tests/runtime.py."""
    chosen = request.param()
    yield chosen
    chosen.close()
