"""Flash that no longer takes what is written: a time-based code needs none and is shown; a counted
one is refused, since without its counter in the flash it would come twice."""

import base64
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pyotp
import pytest

from emulator.session import Emulator
from tests.support.emulated.kodeoplaeser import SpeakingToken
from tests.support.emulated.provisioned import Provisioned, with_account
from tests.support.emulated.token import SECRET, START, TokenUnderTest, digits, hotp, totp

KEY = base64.b32encode(SECRET).decode()
TIMED, COUNTED = pyotp.TOTP(KEY), pyotp.HOTP(KEY)
COUNTERS = {COUNTED.at(counter): counter for counter in range(500)}
REFUSED = "Kan ikke gemme"


@pytest.fixture(scope="module")
def kodeviser(image: bytes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TokenUnderTest]:
    """Give a kodeviser with a counted account and a time-based one, unplugged."""
    folder = tmp_path_factory.mktemp("flash") / "token"
    with Emulator(state=folder, image=image, time=START) as emulator:
        token = TokenUnderTest(emulator)
        token.provision(hotp("Counted"), totp("Timed"))
        emulator.unplug()
        emulator.advance(31)
        yield token


def fails(token: TokenUnderTest, silently: bool) -> None:
    """Have every write and erase fail from now on."""
    token.emulator.flash.fail(1, 10**9, silently)


def press_shortly(emulator: Emulator) -> None:
    """Press the button for 120 ms, whatever the firmware is busy with meanwhile."""
    button = emulator.board.parts["button"]
    button.press()
    emulator.clock.after(120_000, button.release)


def works(token: TokenUnderTest) -> None:
    token.emulator.flash.fail(1, 0)


@pytest.mark.parametrize("silently", [False, True])
def test_a_counted_code_is_refused_and_a_timed_one_shown(kodeviser: TokenUnderTest, silently: bool):
    emulator = kodeviser.emulator
    emulator.press()
    before = COUNTERS[digits(emulator.screen_text()[1:])]
    emulator.advance(31)
    fails(kodeviser, silently)
    for _ in range(3):
        # littlefs tries one free block after the other when each seems to take what it does not.
        press_shortly(emulator)
        emulator.advance(15 if silently else 0.1)
        assert emulator.screen_text()[0] == REFUSED
        emulator.advance(31)
        assert not emulator.powered
    works(kodeviser)
    emulator.press()
    after = COUNTERS[digits(emulator.screen_text()[1:])]
    assert before < after <= before + 5, "no counter comes twice, and the server looks so far ahead"
    fails(kodeviser, silently)
    emulator.press()  # the next account
    assert digits(emulator.screen_text()[1:]) == TIMED.at(int(emulator.now))
    emulator.advance(31)
    works(kodeviser)


@pytest.mark.parametrize("silently", [False, True])
def test_wherever_the_flash_fails_no_counter_comes_twice_and_no_code_is_wrong(
    kodeviser: TokenUnderTest, silently: bool
):
    emulator, random = kodeviser.emulator, Random(silently)
    last, refused = -1, 0
    for _ in range(60):
        emulator.flash.fail(random.randint(1, 12), random.randint(1, 4), silently)
        emulator.press()
        lines = emulator.screen_text()
        if lines[0] == REFUSED:
            refused += 1
        else:
            counter = COUNTERS[digits(lines[1:])]
            assert counter > last
            last = counter
        emulator.advance(31)
        works(kodeviser)
    if not silently:
        assert refused > 5
    emulator.press()
    assert last < COUNTERS[digits(emulator.screen_text()[1:])] <= last + 60
    emulator.advance(31)


def test_a_kodeoplaeser_says_a_timed_code(token: SpeakingToken):
    fails(token, False)
    pressed = token.tap("red")
    assert digits(token.emulator.screen_text()[1:2]) == TIMED.at(int(token.emulator.now))
    assert "code" in token.clips_until_quiet(pressed)


def test_a_kodeoplaeser_refuses_a_counted_code_and_says_so(
    provisioned: Provisioned, tmp_path: Path
):
    with provisioned.token(
        "counted", lambda token: with_account(token, hotp()), tmp_path / "token"
    ) as token:
        fails(token, False)
        pressed = token.tap("red")
        token.emulator.advance(2)
        assert token.emulator.screen_text()[0] == "Ikke gemt."
        assert "storage_failed" in token.clips_until_quiet(pressed)
        works(token)
        token.tap("red")
        token.emulator.advance(3)
        assert digits(token.emulator.screen_text()[1:2]) == COUNTED.at(0)
