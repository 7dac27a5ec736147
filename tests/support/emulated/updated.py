"""A token in use before and after an update of its firmware."""

import pyotp

from host_tools.flashing.update_package import UpdatePackage
from host_tools.image import image as images
from host_tools.link.channel import Channel
from host_tools.link.update import KeyStatement, send
from tests.support.emulated.token import TokenUnderTest, digits
from tests.support.flashing.littlefs_reader import files

CONTRAST = {"brightness": 2}  # a setting of its own
_FILESYSTEM = images.load_board("pico")["filesystem"]
_CODES = pyotp.TOTP("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")


def on_flash(token: TokenUnderTest) -> dict[str, bytes]:
    return files(token.emulator.flash.read(0, _FILESYSTEM["size"]))


def nothing(done: int, total: int) -> None:
    """Report no progress."""


def sent(token: TokenUnderTest, package: UpdatePackage, *statements: KeyStatement) -> None:
    """Send an update, and let the token start anew."""
    send(token.connect(), package.signed, statements, nothing)
    token.emulator.advance(3)


def version(token: TokenUnderTest) -> str:
    token.emulator.plug()
    return Channel(token.emulator.port).hello().version


def is_as_it_was(token: TokenUnderTest) -> None:
    """Assert that the token has its account and its setting, and shows the right code."""
    session = token.connect()
    assert [account.name for account in session.accounts()] == ["Bank"]
    assert session.settings()["brightness"] == CONTRAST["brightness"]
    token.emulator.unplug()
    token.emulator.advance(31)
    shows_code(token)


def shows_code(token: TokenUnderTest) -> None:
    now = int(token.emulator.now)
    token.emulator.press()
    assert digits(token.emulator.screen_text()) in {_CODES.at(now), _CODES.at(now + 1)}
    token.emulator.advance(31)
