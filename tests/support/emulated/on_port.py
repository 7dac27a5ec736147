"""A whole token on a serial port, for commands that talk to it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from emulator.session import Emulator
from host_tools.image.image import build_image
from tests.support.command_line.keyboard import Keyboard


@contextmanager
def on_port(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """Plug in a new kodeviser and serve it in real time. KODEBRIK_PORT names its port, and the
    operator types what its display shows."""
    monkeypatch.setenv("XDG_DATA_HOME", str(folder / "data"))
    with Emulator(
        state=folder / "token", image=build_image("kodeviser", "pico"), time=1_900_000_000
    ) as emulator:
        monkeypatch.setenv("KODEBRIK_PORT", emulator.open_pty(folder / "port"))
        monkeypatch.setenv("KODEBRIK_ISSUER_KEY", "ab" * 32)
        monkeypatch.setattr(sys, "stdin", Keyboard(lambda: emulator.screen_text()[-1]))
        with emulator.serving():
            yield emulator
