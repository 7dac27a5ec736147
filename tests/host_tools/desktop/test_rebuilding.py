"""Firmware that changes while a token runs it: the token is given it and keeps what it stored."""

import queue
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from emulator.session import Emulator
from host_tools.desktop.rebuilding import Sources, rebuilding
from host_tools.errors import ExitCode, KodebrikError
from host_tools.image.image import build_image, build_tree
from tests.support.emulated.token import START, TokenUnderTest, totp
from tests.support.limits import REAL_LIMIT


class Author:
    """Somebody who saves files, and reads what is said of them."""

    def __init__(self, sources: Path) -> None:
        self.sources = sources
        self.said: queue.Queue[str] = queue.Queue()
        self.error: KodebrikError | None = None

    def build(self) -> dict[str, bytes]:
        if self.error is not None:
            raise self.error
        changed = (self.sources / "boot.py").read_bytes()
        return build_tree("kodeviser", "pico") | {"boot.py": changed}

    def save(self, content: bytes) -> str:
        (self.sources / "boot.py").write_bytes(content)
        return self.said.get(timeout=REAL_LIMIT)


@pytest.fixture
def token(tmp_path: Path) -> Iterator[TokenUnderTest]:
    image = build_image("kodeviser", "pico")
    with Emulator("kodeviser", "pico", tmp_path / "token", image=image, time=START) as emulator:
        provisioned = TokenUnderTest(emulator)
        provisioned.provision(totp())
        yield provisioned


@contextmanager
def author(token: TokenUnderTest, folder: Path) -> Iterator[Author]:
    sources = folder / "sources"
    sources.mkdir()
    shutil.copy(Path(__file__).parents[3] / "firmware" / "boot.py", sources)
    writes = Author(sources)
    watched = Sources(sources, writes.build)
    with rebuilding(token.emulator, "pico", watched, writes.said.put):
        yield writes


def test_a_changed_file_is_on_the_token_and_its_secrets_stay(
    token: TokenUnderTest, tmp_path: Path
) -> None:
    with author(token, tmp_path) as writes:
        before = (writes.sources / "boot.py").read_bytes()
        assert "the token runs the changed firmware" in writes.save(before + b"# changed\n")
        kept = token.emulator.snapshot().flash
        assert b"# changed" in kept
        assert token.emulator.plugged, "the cable was in"
        assert [each.name for each in token.connect().accounts()] == ["Bank"]
    token.emulator.unplug()
    token.emulator.advance(1)
    assert token.code() == totp().code(int(token.emulator.now) - 31)


def test_firmware_that_cannot_be_built_leaves_the_token_as_it_is(
    token: TokenUnderTest, tmp_path: Path
) -> None:
    with author(token, tmp_path) as writes:
        writes.error = KodebrikError("image-too-large", ExitCode.USAGE, size=1, room=1, reserved=1)
        kept = token.emulator.snapshot().flash
        assert writes.save(b"").startswith("Not rebuilt")
        assert token.emulator.snapshot().flash == kept
        writes.error = None
        assert "Rebuilt in" in writes.save(b"# whole again\n")


def test_the_watch_ends_with_the_emulator(token: TokenUnderTest, tmp_path: Path) -> None:
    with author(token, tmp_path) as writes:
        pass
    (writes.sources / "boot.py").write_bytes(b"# after it\n")
    with pytest.raises(queue.Empty):
        writes.said.get(timeout=0.5)
