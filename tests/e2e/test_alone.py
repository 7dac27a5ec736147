"""A token's VM that goes on by itself, while the host has nothing to tell it, does and shows the
same at the same times as one that asks each time."""

import io
import shutil
from pathlib import Path

import pytest

from emulator.mcu.vm import Vm
from emulator.session import Emulator
from tests.support.emulated.kodeoplaeser import SpeakingToken
from tests.support.emulated.provisioned import Provisioned, with_account
from tests.support.emulated.token import START, TokenUnderTest, totp


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that grows with each reply to a VM."""
    told: list[int] = []
    reply = Vm.reply

    def counted(
        vm: Vm, now: tuple[int, int, int], status: int, events: bytes, payload: bytes
    ) -> None:
        told.append(status)
        reply(vm, now, status, events, payload)

    monkeypatch.setattr(Vm, "reply", counted)
    return told


def _used(emulator: Emulator, asks: bool) -> list[object]:
    """Use a token, and give what there was of it. That every record is written keeps its VM
    asking."""
    if asks:
        emulator.mcu.trace = io.BytesIO()
    seen: list[object] = []
    speaks = "audio" in emulator.board.parts
    with emulator.trace() as trace:
        emulator.press()
        for seconds in (0.333, 3.0, 20.0, 7.5, 200.0):
            if speaks and seconds > 1:
                emulator.press_key("5")
            emulator.advance(seconds)
            seen += [emulator.elapsed, emulator.mcu.state, emulator.mcu.deadline, emulator.screen()]
    sound = emulator.audio(0).samples.tobytes() if speaks else b""
    return [*seen, trace.text(), trace.vcd(), sound, emulator.powered]


def test_a_kodeviser_on_its_cell(image: bytes, tmp_path: Path, answers: list[int]) -> None:
    with Emulator(state=tmp_path / "made", image=image, time=START) as emulator:
        TokenUnderTest(emulator).provision(totp())
        emulator.unplug()
        emulator.advance(70)
    runs, asked = [], []
    for asks in (True, False):
        place = shutil.copytree(tmp_path / "made", tmp_path / str(asks))
        with Emulator(state=place) as emulator:
            before = len(answers)
            runs.append(_used(emulator, asks))
            asked.append(len(answers) - before)
    assert runs[0] == runs[1]
    assert asked[1] < asked[0] * 2 / 3


def test_a_kodeoplaeser_on_its_cell(
    provisioned: Provisioned, tmp_path: Path, answers: list[int]
) -> None:
    runs, asked = [], []
    for asks in (True, False):
        place = tmp_path / str(asks)
        with provisioned.token("one account", _one_account, place) as token:
            before = len(answers)
            runs.append(_used(token.emulator, asks))
            asked.append(len(answers) - before)
    assert runs[0] == runs[1]
    assert asked[1] < asked[0] * 2 / 3


def _one_account(token: SpeakingToken) -> None:
    with_account(token, totp())
