"""Fixtures: images, and emulated tokens with and without an account."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.session import Emulator
from host_tools.image.image import build_image
from tests.support.emulated.kodeoplaeser import SpeakingToken
from tests.support.emulated.provisioned import Provisioned, with_account
from tests.support.emulated.token import START, TokenUnderTest, totp


@pytest.fixture(scope="session")
def image() -> bytes:
    """Return a kodeviser's file system, development build."""
    return build_image("kodeviser", "pico")


@pytest.fixture
def kodeviser(image: bytes, tmp_path: Path) -> Iterator[TokenUnderTest]:
    """Start a new kodeviser: unplugged, battery in, nothing provisioned."""
    with Emulator(state=tmp_path / "token", image=image, time=START) as emulator:
        yield TokenUnderTest(emulator)


@pytest.fixture(scope="session")
def speaking_image() -> bytes:
    """Return a kodeoplæser's file system, of the build that is handed out."""
    return build_image("kodeoplaeser", "pico2", production=True)


@pytest.fixture
def blank(speaking_image: bytes, tmp_path: Path) -> Iterator[SpeakingToken]:
    """Start a new kodeoplæser: unplugged, battery in, nothing provisioned."""
    with Emulator(
        "kodeoplaeser", "pico2", tmp_path / "token", image=speaking_image, time=START
    ) as emulator:
        yield SpeakingToken(emulator)


@pytest.fixture(scope="session")
def provisioned(speaking_image: bytes, tmp_path_factory: pytest.TempPathFactory) -> Provisioned:
    """Return the kodeoplæsers that are provisioned once for all tests."""
    return Provisioned(speaking_image, tmp_path_factory.mktemp("provisioned"))


@pytest.fixture
def token(provisioned: Provisioned, tmp_path: Path) -> Iterator[SpeakingToken]:
    """Start a kodeoplæser with one account, one second into the period of a code, turned off."""
    with provisioned.token(
        "one account", lambda token: with_account(token, totp()), tmp_path / "token"
    ) as token:
        yield token
