"""Provisioned tokens to press."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.session import Emulator
from host_tools.flashing.image import build_image
from tests.e2e.bench import START, Bench


@pytest.fixture(scope="session")
def image() -> bytes:
    """A kodeviser's file system, development build."""
    return build_image("kodeviser", "pico")


@pytest.fixture
def bench(image: bytes, tmp_path: Path) -> Iterator[Bench]:
    """A new token on the bench: unplugged, battery in, nothing provisioned."""
    with Emulator(state=tmp_path / "token", image=image, time=START) as emulator:
        yield Bench(emulator)
