"""Emulated boards on ports, and files to flash."""

from contextlib import contextmanager

import pytest

from emulator.session import Emulator
from host_tools.image.image import load_board, pack
from tests.support.emulated.token import START
from tests.support.flashing.images import made


@pytest.fixture(scope="session")
def image(tmp_path_factory):
    """Give the path of a kodeviser's file for a board."""
    folder = tmp_path_factory.mktemp("images")

    def path(board="pico", product="kodeviser", production=False):
        file = folder / f"{product}-{board}-{production}.uf2"
        if not file.exists():
            file.write_bytes(made(board, product, production))
        return str(file)

    return path


@pytest.fixture
def board(tmp_path):
    """Serve an emulated board in real time, by default a bare one with MicroPython alone."""

    @contextmanager
    def serve(content=None):
        bare = pack({}, load_board("pico")["filesystem"])
        with Emulator(
            state=tmp_path / "token", image=bare if content is None else content, time=START
        ) as emulator:
            port = emulator.open_pty(tmp_path / "port")
            with emulator.serving():
                yield emulator, port

    return serve
