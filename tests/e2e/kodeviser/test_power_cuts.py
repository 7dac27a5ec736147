"""A power cut at any flash operation, in each mode, leaves the old state or the new one."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pyotp
import pytest

from emulator.session import Emulator
from firmware.protocol import messages
from host_tools.errors import KodebrikError
from host_tools.link.channel import Channel
from tests.support.emulated.token import SECRET, START, TokenUnderTest, digits, hotp, totp

_BASE32 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # SECRET
MODES = ("before", "torn", "after")


def hello(kodeviser: TokenUnderTest):
    """Read the token's hello message."""
    kodeviser.emulator.plug()
    return Channel(kodeviser.emulator.port).hello()


def shows_totp(kodeviser: TokenUnderTest) -> bool:
    """Tell whether a press shows the TOTP code of now."""
    before = int(kodeviser.emulator.now)
    kodeviser.emulator.press()
    code = digits(kodeviser.emulator.screen_text())
    kodeviser.emulator.advance(31)
    return code in {pyotp.TOTP(_BASE32).at(before), pyotp.TOTP(_BASE32).at(before + 1)}


# Provisioning: from a blank token to the first code.


def provision(kodeviser: TokenUnderTest) -> None:
    """Do what `kodebrik provision` does, whatever the token holds already."""
    session = (
        kodeviser.claim() if hello(kodeviser).key == messages.KEY_NONE else kodeviser.connect()
    )
    kodeviser.set_clock(session)
    session.put_credential(totp())


def check_provisioned(kodeviser: TokenUnderTest, finished: bool) -> None:
    """Expect a blank or partly provisioned token, which a second try completes."""
    found = hello(kodeviser)
    assert found.state in (messages.BLANK, messages.IN_USE)
    assert (found.state == messages.IN_USE) == (found.key == messages.KEY_ISSUER)
    if finished:
        assert found.state == messages.IN_USE
    provision(kodeviser)
    assert [account.name for account in kodeviser.connect().accounts()] == ["Bank"]
    assert shows_totp(kodeviser)


# Setting the clock, an hour ahead.


def set_clock(kodeviser: TokenUnderTest) -> None:
    """Set the clock an hour ahead."""
    kodeviser.emulator.set_time(kodeviser.emulator.now + 3600)
    kodeviser.emulator.set_rtc(kodeviser.emulator.now - 3600)
    kodeviser.set_clock(kodeviser.connect())


def check_clock(kodeviser: TokenUnderTest, finished: bool) -> None:
    """Expect the old or the new time, and the old or the new record of the last setting."""
    session = kodeviser.connect()
    reading = session.read_clock()
    assert not reading.lost
    assert reading.set_at == START + 1 or abs(reading.set_at - START - 3601) < 10
    behind = kodeviser.emulator.now - reading.time
    assert min(abs(behind), abs(behind - 3600)) < 2
    if finished:
        assert abs(behind) < 2
    kodeviser.set_clock(session)
    assert shows_totp(kodeviser)


# An HOTP press: the counter is stepped in flash before the code is shown.


def step_counter(kodeviser: TokenUnderTest) -> None:
    """Press for a code of the second account, which is HOTP."""
    kodeviser.emulator.press()
    kodeviser.emulator.press()


def check_counter(kodeviser: TokenUnderTest, finished: bool) -> None:
    """Expect the code after the last one shown; none is shown twice."""
    codes = [pyotp.HOTP(_BASE32).at(counter) for counter in range(3)]
    kodeviser.emulator.press()
    kodeviser.emulator.press()
    shown = digits(kodeviser.emulator.screen_text()[-1:])
    assert shown in ([codes[1]] if finished else codes[:2])
    following = codes[codes.index(shown) + 1]
    kodeviser.emulator.advance(31)
    kodeviser.emulator.press()
    kodeviser.emulator.press()
    assert digits(kodeviser.emulator.screen_text()[-1:]) == following


# Wiping.


def wipe(kodeviser: TokenUnderTest) -> None:
    """Delete everything."""
    kodeviser.connect().wipe()


def check_wiped(kodeviser: TokenUnderTest, finished: bool) -> None:
    """Expect everything still there, or nothing and a token that can be provisioned again."""
    found = hello(kodeviser)
    assert found.state in (messages.IN_USE, messages.WIPED)
    if finished:
        assert found.state == messages.WIPED
    if found.state == messages.IN_USE:
        assert {account.name for account in kodeviser.connect().accounts()} == {"Bank", "Count"}
        assert shows_totp(kodeviser)
    else:
        assert found.key == messages.KEY_NONE
        provision(kodeviser)
        assert shows_totp(kodeviser)


CASES: dict[
    str, tuple[bool, Callable[[TokenUnderTest], None], Callable[[TokenUnderTest, bool], None]]
] = {
    "provisioning": (False, provision, check_provisioned),
    "clock setting": (True, set_clock, check_clock),
    "counter step": (True, step_counter, check_counter),
    "wipe": (True, wipe, check_wiped),
}


@pytest.fixture(scope="module")
def templates(image, tmp_path_factory) -> dict[bool, Path]:
    """Give state folders to copy, by whether provisioned (one TOTP and one HOTP account)."""
    folder = tmp_path_factory.mktemp("templates")
    for provisioned in (False, True):
        with Emulator(state=folder / str(provisioned), image=image, time=START) as emulator:
            if provisioned:
                TokenUnderTest(emulator).provision(totp(), hotp("Count"))
                emulator.unplug()
                emulator.advance(1)
    return {provisioned: folder / str(provisioned) for provisioned in (False, True)}


def operations(template: Path, folder: Path, act: Callable[[TokenUnderTest], None]) -> int:
    """Count the flash operations of an uninterrupted action."""
    shutil.copytree(template, folder)
    with Emulator(state=folder) as emulator:
        before = emulator.flash.operations
        act(TokenUnderTest(emulator))
        return emulator.flash.operations - before


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("case", CASES)
def test_power_cut_at_every_flash_operation_leaves_old_or_new(case, mode, templates, tmp_path):
    provisioned, act, check = CASES[case]
    count = operations(templates[provisioned], tmp_path / "whole", act)
    assert count >= 2, "the action writes"
    for at in range(1, count + 1):
        folder = tmp_path / str(at)
        shutil.copytree(templates[provisioned], folder)
        with Emulator(state=folder) as emulator:
            kodeviser = TokenUnderTest(emulator)
            emulator.cut_power(at, mode)
            cut_noticed = False
            try:
                act(kodeviser)
            except KodebrikError:
                cut_noticed = True  # the link to the host ended
            except AssertionError:
                cut_noticed = True  # the screen went dark while it was read
            assert not emulator.powered, f"the power went at operation {at}"
            emulator.advance(1)
            check(kodeviser, finished=False)
            assert cut_noticed or case == "counter step"
        shutil.rmtree(folder)


@pytest.mark.parametrize("case", CASES)
def test_the_same_action_without_a_cut_reaches_the_new_state(case, templates, tmp_path):
    provisioned, act, check = CASES[case]
    shutil.copytree(templates[provisioned], tmp_path / "token")
    with Emulator(state=tmp_path / "token") as emulator:
        kodeviser = TokenUnderTest(emulator)
        act(kodeviser)
        emulator.advance(31)
        check(kodeviser, finished=True)


def test_secret_of_the_vectors_is_the_one_pyotp_gets():
    assert pyotp.HOTP(_BASE32).byte_secret() == SECRET
