"""These tests run on the VM alone: drawing needs framebuf, which CPython lacks."""

import pytest

from tests.support.runtime import MicroPython


@pytest.fixture(scope="module")
def runtime(vm: MicroPython) -> MicroPython:
    return vm
