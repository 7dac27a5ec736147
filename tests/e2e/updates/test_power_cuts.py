"""Power cut at the flash operations of an update: the token works, with the old firmware or the new
one, whole, and the update goes on to its end.

Every operation of every part takes a quarter of an hour here; these are the beginning, a part of
each kind, and the end. tests/firmware/storage/test_update_power.py cuts at every one, in all modes.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from emulator.mcu.flash import CUT_MODES
from emulator.session import Emulator
from firmware.protocol import messages
from firmware.version import VERSION
from host_tools.errors import KodebrikError
from host_tools.link.update import send
from tests.support.emulated.token import START, TokenUnderTest, totp
from tests.support.emulated.updated import (
    CONTRAST,
    is_as_it_was,
    nothing,
    on_flash,
    sent,
    shows_code,
    version,
)
from tests.support.emulated.updates import NEXT, image, update

NEW = update()
PARTS = -(-len(NEW.signed.package) // messages.MAX_UPDATE_PART)


class EnoughError(Exception):
    """The part that was wanted is sent."""


def send_until(token: TokenUnderTest, part: int) -> None:
    """Send what is missing of the update's first `part` parts."""

    def stop(done: int, total: int) -> None:
        if done >= min(part * messages.MAX_UPDATE_PART, total):
            raise EnoughError

    with suppress(EnoughError):
        send(token.connect(), NEW.signed, (), stop)


def try_and_keep(token: TokenUnderTest) -> None:
    """Have the token try the whole package, and keep it."""
    sent(token, NEW)
    version(token)
    token.emulator.advance(1)  # it answers the hello before it writes


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """Give a function that gives the folder of a token which has so many parts; -1: none is
    begun."""
    folder = tmp_path_factory.mktemp("stages")
    with Emulator(state=folder / "-1", image=image(), time=START) as emulator:
        TokenUnderTest(emulator).provision(totp()).write_settings(CONTRAST)
        emulator.unplug()
        emulator.advance(1)

    def stage(parts: int) -> Path:
        place = folder / str(parts)
        if not place.exists():
            shutil.copytree(folder / "-1", place)
            with Emulator(state=place) as emulator:
                send_until(TokenUnderTest(emulator), parts)
                emulator.unplug()
                emulator.advance(1)
        return place

    return stage


@contextmanager
def copied(template: Path, folder: Path) -> Iterator[TokenUnderTest]:
    shutil.copytree(template, folder)
    with Emulator(state=folder) as emulator:
        yield TokenUnderTest(emulator)
    shutil.rmtree(folder)


def counted(token: TokenUnderTest) -> list[int]:
    """Give a list that gets the flash operation at which the power is cut."""
    flash, found = token.emulator.flash, []
    cut = flash.on_cut

    def noted() -> None:
        found.append(flash.operations)
        cut()

    flash.on_cut = noted
    return found


def cut_everywhere(template: Path, act: Callable[[TokenUnderTest], None], folder: Path) -> int:
    """Cut the power at each flash operation of an action; give how many there were."""
    with copied(template, folder) as token:
        before = token.emulator.flash.operations
        act(token)
        count = token.emulator.flash.operations - before
    for at in range(1, count + 1):
        with copied(template, folder) as token:
            cuts = counted(token)
            token.emulator.cut_power(at, CUT_MODES[at % 3])
            with suppress(KodebrikError):  # the link ends with the power
                act(token)
            assert cuts, f"the power went at operation {at}"
            token.emulator.advance(1)
            shows_code(token)
            found = version(token)
            assert found in (VERSION, NEXT)
            is_as_it_was(token)
            if found == VERSION and at % 4 == 0:  # which takes three times as long as all before
                sent(token, NEW)
                found = version(token)
                assert found == NEXT
            if found == NEXT:
                token.emulator.advance(1)
                assert on_flash(token)["firmware.mpy"] == NEW.signed.package
    return count


@pytest.mark.parametrize("part", [0, 2, PARTS // 2, PARTS])
def test_a_cut_while_a_part_is_received_leaves_the_old_firmware_at_work(
    stages: Callable[[int], Path], part: int, tmp_path: Path
):
    count = cut_everywhere(
        stages(part - 1), lambda token: send_until(token, part), tmp_path / "token"
    )
    assert count >= 5


def test_a_cut_while_an_update_is_tried_and_kept_leaves_the_old_firmware_or_the_new(
    stages: Callable[[int], Path], tmp_path: Path
):
    assert cut_everywhere(stages(PARTS), try_and_keep, tmp_path / "token") >= 8


def test_a_new_firmware_that_loses_its_power_as_it_starts_is_not_given_up(
    stages: Callable[[int], Path], tmp_path: Path
):
    """Two starts that end before anything is shown leave it a third."""
    with copied(stages(PARTS), tmp_path / "token") as token:
        send(token.connect(), NEW.signed, (), nothing)
        for _ in range(2):
            token.emulator.unplug()
            token.emulator.advance(1)
            token.emulator.press_down()
            token.emulator.cut_power()
            token.emulator.release()
            token.emulator.advance(1)
        assert version(token) == NEXT
