"""A token that is flooded over its emulated serial port."""

import random
import threading
import time
from pathlib import Path

import pytest

from emulator.session import Emulator
from host_tools.errors import ExitCode, KodebrikError
from host_tools.image.image import build_image
from host_tools.link.session import open_session
from host_tools.link.transport import SerialTransport

GARBAGE = 256 * 1024  # bytes
ANSWERED = 5.0  # real seconds


@pytest.mark.slow
def test_a_token_answers_at_once_after_a_flood_of_garbage(tmp_path: Path) -> None:
    image = build_image("kodeviser", "pico", production=True)
    with Emulator(state=tmp_path / "token", image=image) as emulator:
        path = emulator.open_pty()
        with emulator.serving():
            with Path(path).open("wb", buffering=0) as port:
                garbage = memoryview(random.Random(1).randbytes(GARBAGE))
                while garbage:
                    garbage = garbage[port.write(garbage) :]
            began = time.monotonic()
            transport = SerialTransport(path)
            with pytest.raises(KodebrikError) as refused:
                open_session(transport, None, lambda number: False)
            assert refused.value.exit_code == ExitCode.NOT_CONFIRMED, "it has said hello"
            assert time.monotonic() - began < ANSWERED
            transport.close()


def test_unplugging_in_the_middle_of_a_flood_works_at_once(tmp_path: Path) -> None:
    with Emulator(state=tmp_path / "token", image=build_image("kodeviser", "pico")) as emulator:
        path = emulator.open_pty()
        with emulator.serving():
            ended = threading.Event()

            def flood() -> None:
                try:
                    with Path(path).open("wb", buffering=0) as port:
                        while True:
                            port.write(b"\xff" * 4096)
                except OSError:
                    ended.set()

            threading.Thread(target=flood, daemon=True).start()
            emulator.run_until(lambda: bool(emulator.link.waiting), 1)
            began = time.monotonic()
            emulator.unplug()
            assert time.monotonic() - began < ANSWERED
            assert ended.wait(ANSWERED)
        assert emulator.link.waiting == b""
