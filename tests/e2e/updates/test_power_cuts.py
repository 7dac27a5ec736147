"""Power cut at the flash operations of an update: the token works, with the old firmware or the new
one, whole, and the update goes on to its end.

These are the beginning, a part of each kind, and the end, each operation in one of the three modes;
`python -m tests.e2e.updates` (make faults) cuts at every operation of every part, in all three.
tests/firmware/storage/test_update_power.py does so too, without an emulated token around it.
"""

from pathlib import Path

import pytest

from emulator.mcu.flash import CUT_MODES
from host_tools.link.update import send
from tests.e2e.updates.power_cuts import (
    NEW,
    NOTHING,
    PARTS,
    copied,
    cut,
    operations,
    stage,
)
from tests.support.emulated.updated import nothing, version
from tests.support.emulated.updates import NEXT


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the tokens at their stages."""
    return tmp_path_factory.mktemp("stages")


@pytest.mark.parametrize("parts", [NOTHING, 1, PARTS // 2 - 1, PARTS - 1])
def test_a_cut_while_a_part_is_received_leaves_the_old_firmware_at_work(parts: int, folder: Path):
    count = operations(parts, folder)
    assert count >= 5
    for at in range(1, count + 1):
        cut(parts, at, CUT_MODES[at % 3], folder)


def test_a_cut_while_an_update_is_tried_and_kept_leaves_the_old_firmware_or_the_new(folder: Path):
    count = operations(PARTS, folder)
    assert count >= 8
    for at in range(1, count + 1):
        cut(PARTS, at, CUT_MODES[at % 3], folder)


def test_a_new_firmware_that_loses_its_power_as_it_starts_is_not_given_up(
    folder: Path, tmp_path: Path
):
    """Two starts that end before anything is shown leave it a third."""
    with copied(stage(PARTS, folder), tmp_path / "token") as token:
        send(token.connect(), NEW.signed, (), nothing)
        for _ in range(2):
            token.emulator.unplug()
            token.emulator.advance(1)
            token.emulator.press_down()
            token.emulator.cut_power()
            token.emulator.release()
            token.emulator.advance(1)
        assert version(token) == NEXT
