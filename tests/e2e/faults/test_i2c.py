"""A chip holds the I2C bus low, answers late, is missing or is another one: the token recovers
where that is possible (UM10204, 3.1.16), never hangs, and never shows a wrong code."""

import base64
from collections.abc import Iterator
from itertools import product

import pyotp
import pytest

from emulator.i2c_bus import PHASES
from emulator.session import Emulator
from tests.support.emulated.kodeoplaeser import SpeakingToken
from tests.support.emulated.token import SECRET, TokenUnderTest, digits, totp

PARTS = ("clock", "display")
CODES = pyotp.TOTP(base64.b32encode(SECRET).decode())
SHOW = 31.0  # seconds after which a token that shows something is off


@pytest.fixture(scope="module")
def shared(image: bytes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TokenUnderTest]:
    """Give one kodeviser with two accounts, unplugged."""
    folder = tmp_path_factory.mktemp("i2c") / "token"
    with Emulator(state=folder, image=image, time=1_893_456_000) as emulator:
        token = TokenUnderTest(emulator)
        token.provision(totp(), totp("Other", secret=SECRET[::-1]))
        emulator.unplug()
        yield token


@pytest.fixture
def kodeviser(shared: TokenUnderTest) -> Iterator[TokenUnderTest]:
    """Give that kodeviser, off, 5 s into a period, with good parts."""
    emulator = shared.emulator
    emulator.advance(35 - emulator.now % 30)
    assert not emulator.powered
    yield shared
    emulator.board.let_go()
    emulator.board.attach("display", "ssd1306")
    emulator.board.attach("clock")
    emulator.advance(SHOW)
    assert not emulator.powered, "it turns off whatever fails"


def numbers(emulator: Emulator) -> list[str]:
    """Give the codes on the display: none when there is none, or it is dark."""
    lines = [line.replace(" ", "") for line in emulator.screen_text()]
    return [line for line in lines if line.isdigit()]


@pytest.mark.parametrize(("part", "phase", "clocks"), list(product(PARTS, PHASES, (1, 9))))
def test_a_press_that_finds_the_bus_held_shows_the_code(
    kodeviser: TokenUnderTest, part: str, phase: str, clocks: int
):
    emulator = kodeviser.emulator
    emulator.board.hold_bus(part, phase, clocks=clocks)
    emulator.press()
    emulator.advance(0.3)
    assert digits(emulator.screen_text()[1:]) == CODES.at(int(emulator.now))


@pytest.mark.parametrize(("part", "phase", "after"), list(product(PARTS, PHASES, (0, 1, 5))))
def test_a_bus_that_is_held_while_the_token_is_on_is_clocked_free(
    kodeviser: TokenUnderTest, part: str, phase: str, after: int
):
    """The next account's code is computed from the clock and drawn over the last one: at no time
    the display has a mixture of the two."""
    emulator = kodeviser.emulator
    emulator.press()
    assert len(numbers(emulator)) == 1
    first = CODES.at(int(emulator.now))
    second = pyotp.TOTP(base64.b32encode(SECRET[::-1]).decode()).at(int(emulator.now))
    emulator.board.hold_bus(part, phase, after=after)
    emulator.press_down()
    emulator.advance(0.12)
    emulator.release()
    seen = [numbers(emulator)]
    for _ in range(40):
        emulator.advance(0.01)
        seen.append(numbers(emulator))
    assert all(shown in ([], [first], [second]) for shown in seen), seen
    assert seen[-1] == [second]


@pytest.mark.parametrize("passed", range(16))
def test_a_clock_that_lets_the_line_go_never_gives_a_time_of_zeros(
    kodeviser: TokenUnderTest, passed: int
):
    """Cut after `passed` bytes, the registers read as zeros with no error: on an RP2 only the next
    transfer fails."""
    emulator = kodeviser.emulator
    emulator.board.hold_bus("clock", "data", passed=passed, after=1)  # 0 is the bring-up's
    emulator.press()
    emulator.advance(0.3)
    assert digits(emulator.screen_text()[1:]) == CODES.at(int(emulator.now))


@pytest.mark.parametrize(("part", "phase", "line"), list(product(PARTS, PHASES, ("sda", "scl"))))
def test_a_bus_that_stays_held_leaves_the_display_dark_and_the_token_turns_off(
    kodeviser: TokenUnderTest, part: str, phase: str, line: str
):
    emulator = kodeviser.emulator
    emulator.board.hold_bus(part, phase, line=line, clocks=None)
    emulator.press()
    emulator.advance(0.5)
    assert not emulator.display_on
    emulator.advance(SHOW)
    assert not emulator.powered
    emulator.board.let_go()
    emulator.press()
    assert numbers(emulator) == [CODES.at(int(emulator.now))]


def test_a_bus_that_is_let_go_while_the_token_is_on_shows_what_there_is_then(
    kodeviser: TokenUnderTest,
):
    emulator = kodeviser.emulator
    emulator.board.hold_bus("display", "data", line="scl", clocks=None)
    emulator.press()
    emulator.advance(3)
    assert not emulator.display_on
    emulator.board.let_go()
    emulator.advance(0.3)
    assert emulator.screen_text()[0] == "Uret svarer ikke", "which it did not at the press"
    emulator.press()
    emulator.advance(1)
    emulator.press()
    assert numbers(emulator) == [CODES.at(int(emulator.now))]


@pytest.mark.parametrize("seconds", [0.05, 0.4, 2.5])
def test_a_display_that_answers_late_shows_the_code_when_it_does(
    kodeviser: TokenUnderTest, seconds: float
):
    emulator = kodeviser.emulator
    emulator.board.answer_late("display", seconds)
    emulator.press_down()
    emulator.advance(0.12)
    emulator.release()
    emulator.advance(max(0.0, seconds - 0.17) + 0.3)
    assert numbers(emulator) == [CODES.at(int(emulator.now))]


def test_a_clock_that_answers_late_is_found_by_the_next_press(kodeviser: TokenUnderTest):
    emulator = kodeviser.emulator
    emulator.board.answer_late("clock", 1)
    emulator.press()
    assert numbers(emulator) == []
    emulator.advance(1)
    emulator.press()  # off
    emulator.advance(1)
    emulator.plug()  # and on again, without power having gone
    emulator.advance(1.5)
    emulator.press()
    assert numbers(emulator) == [CODES.at(int(emulator.now))]
    emulator.unplug()


def test_a_token_without_its_display_says_so_and_works_on(kodeviser: TokenUnderTest):
    emulator = kodeviser.emulator
    emulator.board.detach("display")
    emulator.press()
    emulator.advance(5)
    assert emulator.powered
    session = kodeviser.connect()
    assert session.selftest()["display"] is False
    assert [account.name for account in session.accounts()] == ["Bank", "Other"]
    emulator.board.attach("display")
    emulator.press()
    emulator.advance(0.2)
    assert numbers(emulator), "a display that is put in again is found"
    emulator.unplug()


def test_an_sh1106_in_the_displays_place_shows_the_code_two_columns_to_the_left(
    kodeviser: TokenUnderTest,
):
    emulator = kodeviser.emulator
    emulator.press()
    good = emulator.screen()
    emulator.advance(SHOW)
    emulator.board.attach("display", "sh1106")
    emulator.press()
    seen = emulator.screen()
    assert any(seen.pixel(x, y) for x in range(seen.width) for y in range(seen.height))
    rows = range(16, 56)  # the digits
    shown = [[seen.pixel(x, y) for x in range(126)] for y in rows]
    code = CODES.at(int(emulator.now))
    emulator.advance(SHOW)
    emulator.board.attach("display", "ssd1306")
    emulator.set_time(int(emulator.now) // 30 * 30 - 25)
    emulator.press()
    assert digits(emulator.screen_text()[1:]) == code
    wanted = emulator.screen()
    assert shown == [[wanted.pixel(x + 2, y) for x in range(126)] for y in rows]
    assert good.width == seen.width


def test_a_display_that_lost_its_supply_for_a_moment_is_set_up_by_the_next_code(
    kodeviser: TokenUnderTest,
):
    """After its power-up the chip's picture would stand upside down, over noise."""
    emulator = kodeviser.emulator
    emulator.press()
    emulator.board.attach("display", "ssd1306")  # one as after its power-up
    assert not emulator.display_on
    emulator.press()
    assert len(numbers(emulator)) == 1
    again = emulator.screen()
    emulator.advance(SHOW)
    emulator.set_time(int(emulator.now) // 30 * 30 - 25)
    emulator.press()
    emulator.press()
    good = emulator.screen()
    rows = range(12)
    assert [[again.pixel(x, y) for x in range(128)] for y in rows] == [
        [good.pixel(x, y) for x in range(128)] for y in rows
    ]


def test_a_kodeoplaeser_whose_clock_holds_the_bus_for_good_says_so(token: SpeakingToken):
    emulator = token.emulator
    emulator.board.hold_bus("clock", "data", clocks=None)
    pressed = token.tap("red")
    emulator.advance(1)
    assert emulator.screen_text()[0] == "Uret svarer ikke."
    assert token.clips_until_quiet(pressed)
    emulator.board.let_go()
    emulator.advance(100 + 32 - (emulator.now + 10) % 30)
    token.tap("red")
    assert digits(emulator.screen_text()[1:2]) == CODES.at(int(emulator.now))


@pytest.mark.parametrize("phase", PHASES)
def test_a_kodeoplaeser_clocks_its_bus_free_and_says_the_code(token: SpeakingToken, phase: str):
    emulator = token.emulator
    token.tap("red")
    token.until_quiet()
    emulator.board.hold_bus("clock", phase)
    emulator.advance(35 - emulator.now % 30)
    token.tap("red")
    emulator.advance(0.5)
    assert digits(emulator.screen_text()[1:2]) == CODES.at(int(emulator.now))
