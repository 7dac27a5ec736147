"""A VM for these tests alone."""

from collections.abc import Iterator

import pytest

from tests.support.runtime import MicroPython


@pytest.fixture(scope="module")
def runtime() -> Iterator[MicroPython]:
    """A VM of their own: the stand-ins take the place of clock and drawing in the modules under
    test."""
    vm = MicroPython()
    yield vm
    vm.close()
