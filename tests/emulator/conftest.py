"""Fixtures of the emulator's tests."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from emulator.session import Emulator
from tests.support.emulated.images import image


@pytest.fixture
def token(tmp_path: Path) -> Iterator[Callable[..., Emulator]]:
    """Return a function that makes an emulated token with a given main.py, closed after the
    test."""
    with ExitStack() as stack:

        def make(main: str, name: str = "token", **options: Any) -> Emulator:
            return stack.enter_context(
                Emulator(state=tmp_path / name, image=image(main), **options)
            )

        yield make


@pytest.fixture
def run(token: Callable[..., Emulator]) -> Callable[..., str]:
    """Return a function that runs a main.py for some virtual seconds on a plugged-in board; it
    returns the output."""

    def start(main: str, seconds: float = 1, **options: Any) -> str:
        emulator = token(main + "\nimport time\ntime.sleep(1000000)\n", **options)
        emulator.plug()
        emulator.advance(seconds)
        return emulator.port.read(0).decode().replace("\r\n", "\n")

    return start
