"""An emulator that was killed: the token keeps what it had; the terminal of its link may have
become somebody else's."""

import json
import os
import signal
import subprocess
import sys
import tty
from pathlib import Path

import pytest

from emulator.serial.endpoints import lock_of
from emulator.session import Emulator
from host_tools.errors import KodebrikError
from host_tools.image.image import build_image
from host_tools.link.transport import SerialTransport
from tests.support.emulated.images import PANEL, image
from tests.support.emulated.token import START, digits, totp

SERVE = """
import sys
from emulator.session import Emulator
with Emulator(state=sys.argv[1]) as emulator:
    emulator.open_pty(__import__("pathlib").Path(sys.argv[2]))
    print("served", flush=True)
    emulator.serve()
"""


PROVISION = """
import sys, json
from emulator.session import Emulator
from tests.support.emulated.token import START, TokenUnderTest, totp
with Emulator(state=sys.argv[1], time=START) as emulator:
    TokenUnderTest(emulator).provision(totp())
    emulator.battery_mv = 3700
    emulator.unplug()
    print(json.loads(emulator.snapshot().state)["draws"], flush=True)
    emulator.serve()
"""


def test_the_token_of_a_killed_emulator_keeps_its_clock_and_draws_new_numbers(
    tmp_path: Path,
) -> None:
    Emulator(state=tmp_path / "token", image=build_image("kodeviser", "pico"), time=START).close()
    command = [sys.executable, "-c", PROVISION, tmp_path / "token"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        draws = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
    with Emulator(state=tmp_path / "token", time=START + 7200) as emulator:
        assert json.loads(emulator.snapshot().state)["draws"] >= draws, "none comes twice"
        assert emulator.battery_mv == 3700
        assert emulator.rtc_time == pytest.approx(START + 7200, abs=0.01)
        emulator.press()
        assert digits(emulator.screen_text()) == totp().code(START + 7200)


@pytest.fixture
def left_over(tmp_path: Path) -> Path:
    """Give the link of an emulator that was killed while it served it."""
    Emulator(state=tmp_path / "token", image=image(PANEL)).close()
    link = tmp_path / "link"
    with subprocess.Popen(
        [sys.executable, "-c", SERVE, tmp_path / "token", link], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"served\n"
        SerialTransport(str(link)).close()
        process.send_signal(signal.SIGKILL)
    assert link.is_symlink()
    return link


def test_nothing_is_written_to_the_terminal_that_has_its_name_now(left_over: Path) -> None:
    name, opened = os.readlink(left_over), []
    while not opened or os.ttyname(opened[-1][1]) != name:
        assert len(opened) < 50, "the system gives the name of a closed terminal again"
        opened.append(os.openpty())
    master, slave = opened[-1]
    tty.setraw(slave)
    with pytest.raises(KodebrikError) as refused:
        SerialTransport(str(left_over))
    assert refused.value.identifier == "port-left-over"
    os.set_blocking(master, False)
    with pytest.raises(BlockingIOError):
        os.read(master, 1)
    for pair in opened:
        for end in pair:
            os.close(end)


def test_the_next_emulator_takes_the_link_over_and_leaves_nothing(
    left_over: Path, tmp_path: Path
) -> None:
    with Emulator(state=tmp_path / "token") as emulator:
        emulator.open_pty(left_over)
        SerialTransport(str(left_over)).close()
    assert not left_over.is_symlink()
    assert not lock_of(left_over).exists()


def test_a_link_that_no_emulator_has_made_is_opened(tmp_path: Path) -> None:
    master, slave = os.openpty()
    (tmp_path / "link").symlink_to(os.ttyname(slave))
    SerialTransport(str(tmp_path / "link")).close()
    os.close(master)
    os.close(slave)
