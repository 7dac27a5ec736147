"""Power lost at any instant leaves the old state or the new one: cut at every flash operation, in
each way."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pyotp
import pytest

from emulator.session import Emulator
from firmware.protocol import messages
from host_tools.errors import KodebrikError
from host_tools.link.channel import Channel
from tests.e2e.bench import SECRET, START, Bench, digits, hotp, totp

_BASE32 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # SECRET
MODES = ("before", "torn", "after")


def hello(bench: Bench):
    """Ask the token for its state."""
    bench.emulator.plug()
    return Channel(bench.emulator.port).hello()


def shows_totp(bench: Bench) -> bool:
    """Say whether a press shows the code of this moment."""
    before = int(bench.emulator.now)
    bench.emulator.press()
    code = digits(bench.emulator.screen_text())
    bench.emulator.advance(31)
    return code in {pyotp.TOTP(_BASE32).at(before), pyotp.TOTP(_BASE32).at(before + 1)}


# Provisioning: from a blank token to the first code.


def provision(bench: Bench) -> None:
    """What `kodebrik provision` does, beginning with whatever the token holds by now."""
    session = bench.claim() if hello(bench).key == messages.KEY_NONE else bench.connect()
    bench.set_clock(session)
    session.put_credential(totp())


def check_provisioned(bench: Bench, finished: bool) -> None:
    """Blank, or with the key and as much as was written; a second try completes it."""
    found = hello(bench)
    assert found.state in (messages.BLANK, messages.LOCKED)
    assert (found.state == messages.LOCKED) == (found.key == messages.KEY_ISSUER)
    if finished:
        assert found.state == messages.LOCKED
    provision(bench)
    assert [account.name for account in bench.connect().accounts()] == ["Bank"]
    assert shows_totp(bench)


# Setting the clock, an hour ahead.


def set_clock(bench: Bench) -> None:
    """Set the clock an hour ahead of the world."""
    bench.emulator.set_time(bench.emulator.now + 3600)
    bench.emulator.set_rtc(bench.emulator.now - 3600)
    bench.set_clock(bench.connect())


def check_clock(bench: Bench, finished: bool) -> None:
    """The clock chip runs on, at the old time or the new one, and the record of the last setting is
    one of the two."""
    session = bench.connect()
    reading = session.read_clock()
    assert not reading.lost
    assert reading.set_at == START + 1 or abs(reading.set_at - START - 3601) < 10
    behind = bench.emulator.now - reading.time
    assert min(abs(behind), abs(behind - 3600)) < 2
    if finished:
        assert abs(behind) < 2
    bench.set_clock(session)
    assert shows_totp(bench)


# An HOTP press: the counter is stepped in flash before the code is shown.


def step_counter(bench: Bench) -> None:
    """Go to the second account, which counts."""
    bench.emulator.press()
    bench.emulator.press()


def check_counter(bench: Bench, finished: bool) -> None:
    """The next code is the one after any that was shown; none is shown twice."""
    codes = [pyotp.HOTP(_BASE32).at(counter) for counter in range(3)]
    bench.emulator.press()
    bench.emulator.press()
    shown = digits(bench.emulator.screen_text()[-1:])
    assert shown in ([codes[1]] if finished else codes[:2])
    following = codes[codes.index(shown) + 1]
    bench.emulator.advance(31)
    bench.emulator.press()
    bench.emulator.press()
    assert digits(bench.emulator.screen_text()[-1:]) == following


# Wiping.


def wipe(bench: Bench) -> None:
    """Delete everything."""
    bench.connect().wipe()


def check_wiped(bench: Bench, finished: bool) -> None:
    """Everything is still there, or nothing is and the token can be provisioned again."""
    found = hello(bench)
    assert found.state in (messages.LOCKED, messages.WIPED)
    if finished:
        assert found.state == messages.WIPED
    if found.state == messages.LOCKED:
        assert {account.name for account in bench.connect().accounts()} == {"Bank", "Count"}
        assert shows_totp(bench)
    else:
        assert found.key == messages.KEY_NONE
        provision(bench)
        assert shows_totp(bench)


CASES: dict[str, tuple[bool, Callable[[Bench], None], Callable[[Bench, bool], None]]] = {
    "provisioning": (False, provision, check_provisioned),
    "clock setting": (True, set_clock, check_clock),
    "counter step": (True, step_counter, check_counter),
    "wipe": (True, wipe, check_wiped),
}


@pytest.fixture(scope="module")
def templates(image, tmp_path_factory) -> dict[bool, Path]:
    """State folders to copy: a blank token, and a provisioned one (one TOTP and one HOTP
    account)."""
    folder = tmp_path_factory.mktemp("templates")
    for provisioned in (False, True):
        with Emulator(state=folder / str(provisioned), image=image, time=START) as emulator:
            if provisioned:
                Bench(emulator).provision(totp(), hotp("Count"))
                emulator.unplug()
                emulator.advance(1)
    return {provisioned: folder / str(provisioned) for provisioned in (False, True)}


def operations(template: Path, folder: Path, act: Callable[[Bench], None]) -> int:
    """Count the flash operations of an action that is left alone."""
    shutil.copytree(template, folder)
    with Emulator(state=folder) as emulator:
        before = emulator.flash.operations
        act(Bench(emulator))
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
            bench = Bench(emulator)
            emulator.cut_power(at, mode)
            cut_noticed = False
            try:
                act(bench)
            except KodebrikError:
                cut_noticed = True  # the host saw its token vanish
            except AssertionError:
                cut_noticed = True  # the screen went dark under the reader
            assert not emulator.powered, f"the power went at operation {at}"
            emulator.advance(1)
            check(bench, finished=False)
            assert cut_noticed or case == "counter step"
        shutil.rmtree(folder)


@pytest.mark.parametrize("case", CASES)
def test_the_same_action_without_a_cut_reaches_the_new_state(case, templates, tmp_path):
    provisioned, act, check = CASES[case]
    shutil.copytree(templates[provisioned], tmp_path / "token")
    with Emulator(state=tmp_path / "token") as emulator:
        bench = Bench(emulator)
        act(bench)
        emulator.advance(31)
        check(bench, finished=True)


def test_secret_of_the_vectors_is_the_one_pyotp_gets():
    assert pyotp.HOTP(_BASE32).byte_secret() == SECRET
