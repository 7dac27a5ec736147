"""Every screen of the kodeviser in both languages, and the README's picture of its code."""

import tempfile
from collections.abc import Iterator
from unittest.mock import patch

from PIL import Image

from emulator.screen import Screen
from emulator.session import Emulator
from host_tools.image.image import build_image
from tests.support.emulated.token import SECRET, START, TokenUnderTest, hotp, totp

_COLUMNS = 4
_SCALE, _GAP = 2, 8
_MOMENT = START + 86_400 + 6  # six seconds into a period


def code() -> Screen:
    """Give the screen with a code."""
    with tempfile.TemporaryDirectory() as folder, _token(folder) as emulator:
        TokenUnderTest(emulator).provision(totp())
        return _press_at(emulator, _MOMENT)


def screens(language: str) -> Iterator[Screen]:
    """Give every screen of the kodeviser in a language."""
    with tempfile.TemporaryDirectory() as folder, _token(folder) as emulator:
        kodeviser = TokenUnderTest(emulator)
        shown = []

        def confirm(number: str) -> bool:
            emulator.advance(0.1)
            shown.append(emulator.screen())
            return True

        with patch(
            "os.urandom", bytes
        ):  # the host's nonce, and with it the comparison number, is constant
            session = kodeviser.claim(confirm)
        session.write_settings({"language": language})
        yield from shown  # a new token speaks Danish
        yield _press_at(emulator, _MOMENT)  # not provisioned
        emulator.press()
        kodeviser.set_clock(session)
        session.put_credential(totp("Bank"))
        yield from _times(emulator)
        session = kodeviser.connect()
        session.put_credential(totp("Sundhed og borger", SECRET[::-1], digits=8))
        session.put_credential(hotp("Arbejde", digits=7))
        emulator.board.parts["charger"].remove()  # the cable would charge the cell
        emulator.battery_mv = 3300
        emulator.set_time(_MOMENT + 240)
        for _ in range(3):
            emulator.press()
            yield emulator.screen()
        emulator.press()
        emulator.battery_mv = 3900
        emulator.set_time(_MOMENT + 300)
        emulator.hold(6.5)
        while emulator.display_on:
            yield emulator.screen()
            emulator.press()
        session.block()
        yield _press_at(emulator, _MOMENT + 360)
        emulator.press()
        session.unblock()
        emulator.remove_rtc_supply()
        emulator.press()
        yield emulator.screen()
        emulator.press()
        emulator.board.detach("clock")
        emulator.press()
        yield emulator.screen()


def _times(emulator: Emulator) -> Iterator[Screen]:
    """Give a code as its time goes by, and the wait for the next one."""
    yield _press_at(emulator, _MOMENT + 60)
    emulator.advance(17)  # little time is left: the bar flashes
    yield emulator.screen()
    emulator.advance(0.5)
    yield emulator.screen()
    emulator.advance(7.5)  # its period is over
    yield emulator.screen()
    emulator.advance(31)
    _press_at(emulator, _MOMENT + 137)
    emulator.press()  # the next code is asked for
    yield emulator.screen()
    emulator.advance(62)


def contact_sheet() -> Image.Image:
    """Give all screens side by side, Danish above English."""
    pictures = [_enlarged(screen) for language in ("da", "en") for screen in screens(language)]
    width, height = pictures[0].size
    rows = -(-len(pictures) // _COLUMNS)
    sheet = Image.new("L", (_COLUMNS * (width + _GAP) + _GAP, rows * (height + _GAP) + _GAP), 96)
    for index, picture in enumerate(pictures):
        x, y = index % _COLUMNS, index // _COLUMNS
        sheet.paste(picture, (_GAP + x * (width + _GAP), _GAP + y * (height + _GAP)))
    return sheet


def _enlarged(screen: Screen) -> Image.Image:
    picture = Image.new("L", (screen.width, screen.height))
    picture.putdata([255 * lit for lit in screen.data])
    return picture.resize((screen.width * _SCALE, screen.height * _SCALE), Image.Resampling.NEAREST)


def _token(folder: str) -> Emulator:
    return Emulator(
        state=folder, image=build_image("kodeviser", "pico", production=True), time=START
    )


def _press_at(emulator: Emulator, moment: int) -> Screen:
    emulator.set_time(moment)
    emulator.press()
    return emulator.screen()
