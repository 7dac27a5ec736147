"""The clock's backup cell fails: nothing is wrong while the token is on, and afterwards it says
that the clock has stopped, until a host has set it. It never shows a wrong code."""

import base64

import pyotp
import pytest

from tests.support.emulated.provisioned import with_account
from tests.support.emulated.token import SECRET, TokenUnderTest, digits, totp

CODES = pyotp.TOTP(base64.b32encode(SECRET).decode())
LOST = {"kodeviser": "Uret er gået i stå", "kodeoplaeser": "Uret er stoppet."}
OFF = {"kodeviser": 62, "kodeoplaeser": 140}


@pytest.fixture(params=["kodeviser", "kodeoplaeser"])
def token(request: pytest.FixtureRequest) -> TokenUnderTest:
    """Give each product with one account, unplugged, 5 s into a period."""
    if request.param == "kodeviser":
        token: TokenUnderTest = request.getfixturevalue("kodeviser")
        token.provision(totp())
        token.emulator.unplug()
    else:
        token = request.getfixturevalue("speaking_token")
    token.emulator.advance(31)
    token.emulator.advance(35 - token.emulator.now % 30)
    return token


@pytest.fixture
def speaking_token(provisioned, tmp_path):
    """Give a kodeoplæser with one account."""
    with provisioned.token(
        "one account", lambda token: with_account(token, totp()), tmp_path / "speaking"
    ) as token:
        yield token


def product(token: TokenUnderTest) -> str:
    return token.emulator.product["name"]


def code(token: TokenUnderTest) -> str:
    return digits([line for line in token.emulator.screen_text() if line[:3].isdigit()])


def next_period(token: TokenUnderTest) -> None:
    token.emulator.advance(35 - token.emulator.now % 30)


@pytest.mark.parametrize("cell", ["weak", "dead"])
def test_a_cell_that_fails_while_the_token_is_on(token: TokenUnderTest, cell: str):
    emulator = token.emulator
    emulator.press()
    assert code(token) == CODES.at(int(emulator.now))
    emulator.rtc_cell = cell
    next_period(token)
    emulator.press()
    emulator.advance(1.5)
    assert code(token) == CODES.at(int(emulator.now)), "the supply keeps the time"
    emulator.advance(OFF[product(token)])
    assert not emulator.powered
    for _ in range(2):
        emulator.press()
        assert emulator.screen_text()[0] == LOST[product(token)]
        emulator.advance(OFF[product(token)])
    session = token.connect()
    assert session.info()["clock_lost"] is True
    token.set_clock(session)
    next_period(token)
    emulator.press()
    emulator.advance(1.5)
    assert code(token) == CODES.at(int(emulator.now)), "set, it counts as long as there is supply"
    emulator.unplug()
    emulator.advance(OFF[product(token)])
    emulator.press()
    assert emulator.screen_text()[0] == LOST[product(token)]


def test_both_supplies_gone_while_a_code_is_shown(token: TokenUnderTest):
    """As when the backup cell is pulled out of a chip whose supply is loose: the code that stands
    is right, the next one is refused."""
    emulator = token.emulator
    emulator.press()
    shown = code(token)
    emulator.remove_rtc_supply()
    emulator.advance(3)
    assert code(token) == shown
    next_period(token)
    emulator.press()
    emulator.advance(1.5)
    assert emulator.screen_text()[0] == LOST[product(token)]
