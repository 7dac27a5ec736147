"""Cuts the power at the flash operations of an update, which an emulated kodeviser receives over
its link, part by part, tries and keeps. After each cut the token must give the right code and have
its account and setting, with the old firmware or the new one whole, and take the update to its end.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

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
    on_flash,
    sent,
    shows_code,
    version,
)
from tests.support.emulated.updates import NEXT, image, update

NEW = update()
PARTS = -(-len(NEW.signed.package) // messages.MAX_UPDATE_PART)
NOTHING = -1  # as a number of received parts: the update is not begun


class EnoughError(Exception):
    """The part that was wanted is sent."""


def stage(parts: int, folder: Path) -> Path:
    """Give the folder of a token which has so many parts; those with fewer are made on the way."""
    place = folder / str(parts)
    if place.exists():
        return place
    if parts == NOTHING:
        with Emulator(state=place, image=image(), time=START) as emulator:
            TokenUnderTest(emulator).provision(totp()).write_settings(CONTRAST)
            _end(emulator)
    else:
        shutil.copytree(stage(parts - 1, folder), place)
        with Emulator(state=place) as emulator:
            _send_until(TokenUnderTest(emulator), parts)
            _end(emulator)
    return place


def step(parts: int) -> Callable[[TokenUnderTest], None]:
    """Give what a token with so many parts does next: it receives a part, the first after the
    manifest, or tries the whole and keeps it."""
    if parts < PARTS:
        return lambda token: _send_until(token, parts + 1)
    return _try_and_keep


def operations(parts: int, folder: Path) -> int:
    """Count the flash operations of that step."""
    with copied(stage(parts, folder), folder / f"counted {parts}") as token:
        before = token.emulator.flash.operations
        step(parts)(token)
        return token.emulator.flash.operations - before


def cut(parts: int, at: int, mode: str, folder: Path) -> None:
    """Cut the power at one operation of a step, from 1 on; AssertionError when the token does not
    get over it."""
    with copied(stage(parts, folder), folder / f"cut {parts} {at} {mode}") as token:
        cuts = _noted(token)
        token.emulator.cut_power(at, mode)
        with suppress(KodebrikError):  # the link ends with the power
            step(parts)(token)
        assert cuts, f"the power went at operation {at}"
        token.emulator.advance(1)
        shows_code(token)
        found = version(token)
        assert found in (VERSION, NEXT)
        is_as_it_was(token)
        if found == VERSION and (at + CUT_MODES.index(mode)) % 4 == 0:
            sent(token, NEW)  # which takes three times as long as all before
            found = version(token)
            assert found == NEXT
        if found == NEXT:
            token.emulator.advance(1)
            assert on_flash(token)["firmware.mpy"] == NEW.signed.package


@contextmanager
def copied(template: Path, folder: Path) -> Iterator[TokenUnderTest]:
    """Start a copy of a token, which is deleted in the end."""
    shutil.copytree(template, folder)
    try:
        with Emulator(state=folder) as emulator:
            yield TokenUnderTest(emulator)
    finally:
        shutil.rmtree(folder)


def _send_until(token: TokenUnderTest, parts: int) -> None:
    """Send what is missing of the update's first `parts` parts."""

    def stop(done: int, total: int) -> None:
        if done >= min(parts * messages.MAX_UPDATE_PART, total):
            raise EnoughError

    with suppress(EnoughError):
        send(token.connect(), NEW.signed, (), stop)


def _try_and_keep(token: TokenUnderTest) -> None:
    sent(token, NEW)
    version(token)
    token.emulator.advance(1)  # it answers the hello before it writes


def _end(emulator: Emulator) -> None:
    emulator.unplug()
    emulator.advance(1)


def _noted(token: TokenUnderTest) -> list[int]:
    """Give a list that gets the flash operation at which the power is cut."""
    flash, found = token.emulator.flash, []
    cut_off = flash.on_cut

    def noted() -> None:
        found.append(flash.operations)
        cut_off()

    flash.on_cut = noted
    return found
