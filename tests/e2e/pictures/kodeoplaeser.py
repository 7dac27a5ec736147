"""Every screen of the kodeoplæser, in each language and both themes, for the docs.

`screens()` takes one token through all its states; a state's name says what was done to reach it.
"""

import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from unittest.mock import patch

from PIL import Image

from emulator.screen import Screen
from emulator.session import Emulator
from firmware.products.kodeoplaeser import PRODUCT
from host_tools.image.image import build_image
from host_tools.otp.credential import Credential
from host_tools.secret import Secret
from tests.support.emulated.damage import flip_a_bit_of_each_slot, jam
from tests.support.emulated.kodeoplaeser import SpeakingToken
from tests.support.emulated.token import SECRET, START, digits, hotp, totp

BOARD = "pico2"
LANGUAGES = PRODUCT["languages"]
PIN = "829136"
THEMES = (False, True)
_MOMENT = START + 86_400 + 6  # six seconds into a period
_WIDTH, _HEIGHT = 400, 240
_COLUMNS, _GAP, _PAPER = 6, 8, 128
_BLACK = bytes.maketrans(b"\0\1", b"\xff\0")  # ink
_COUNTED = 1.3  # seconds until a counted code is there
State = tuple[str, Screen]


def screens(language: str, inverted: bool) -> list[State]:
    """Give every state by name."""
    with tempfile.TemporaryDirectory() as folder:
        return [
            state
            for walk in (_first_use, _secrets, _damage)
            for state in walk(Path(folder) / walk.__name__, language, inverted)
        ]


def code() -> Screen:
    """Give the screen with a code."""
    with tempfile.TemporaryDirectory() as folder, _token(Path(folder)) as emulator:
        token = SpeakingToken(emulator)
        token.provision(totp())
        _restart(token, _MOMENT)
        token.tap("red")
        return emulator.screen()


def _first_use(folder: Path, language: str, inverted: bool) -> Iterator[State]:
    with _token(folder, language) as emulator:
        token = SpeakingToken(emulator)
        numbers = []

        def confirm(_: str) -> bool:
            emulator.advance(0.1)
            numbers.append(emulator.screen())
            return True

        with patch(
            "os.urandom", bytes
        ):  # the host's nonce, and with it the comparison number, is constant
            session = token.claim(confirm)
        yield "comparison number", numbers[0]
        session.write_settings({"language": language, "inverted": inverted})
        _restart(token, _MOMENT)
        yield "no account", _after(token, token.tap, "red")
        session = token.connect()
        token.set_clock(session)
        session.put_credential(totp())
        _restart(token, _MOMENT + 1800)
        yield from _code(token)
        yield from _functions(token)
        yield from _keys(token)
        yield from _accounts(token)
        token.connect().block()
        _restart(token, _MOMENT + 7200)
        yield "blocked", _after(token, token.tap, "red")
        token.emulator.advance(1)
        yield "no code yet", _after(token, token.chord, "2")
        token.connect().unblock()
        emulator.remove_rtc_supply()
        _restart(token, _MOMENT + 9000)
        yield "clock lost", _after(token, token.tap, "red")
        yield "status, clock lost", _after(token, token.chord, "5")
        emulator.board.detach("clock")
        _restart(token, _MOMENT + 9600)
        yield "clock does not answer", _after(token, token.tap, "red")
        yield "status, clock does not answer", _after(token, token.chord, "5")


def _accounts(token: SpeakingToken) -> Iterator[State]:
    session = token.connect()
    session.put_credential(totp("Sundhed", SECRET[::-1], digits=8))
    session.put_credential(hotp("Arbejde", digits=7))
    _restart(token, _MOMENT + 3600)
    yield "first of several accounts", _after(token, token.tap, "red")
    yield "second account, eight digits", _after(token, token.chord, "#")
    yield "third account, which counts", _after(token, token.chord, "#")
    token.emulator.advance(_COUNTED)
    yield "third account, seven digits, counted", token.emulator.screen()
    token.emulator.battery_mv = 3300
    token.tap("red")
    token.emulator.advance(_COUNTED)
    yield "battery low, of several accounts", token.emulator.screen()
    yield "status, battery low", _after(token, token.chord, "5")
    token.emulator.battery_mv = 3900


def _code(token: SpeakingToken) -> Iterator[State]:
    yield "code", _after(token, token.tap, "red")
    number = digits(token.emulator.screen_text()[1:2])
    for key in number[:4]:
        token.tap(key)
    yield "typing the code", token.emulator.screen()
    yield "the last digit is taken back", _after(token, token.tap, "*")
    for key in "***" + number:
        token.tap(key)
    yield "typed right", token.emulator.screen()
    for key in number[:4] + str((int(number[4]) + 1) % 10) + number[5]:
        token.tap(key)
    yield "fifth digit typed wrong", token.emulator.screen()
    for key in number:
        token.tap(str((int(key) + 1) % 10))
    yield "every digit typed wrong", token.emulator.screen()
    token.emulator.advance(30)
    yield "code whose time is over", _after(token, token.chord, "0")
    token.tap(number[0])
    yield "typing a code whose time is over", token.emulator.screen()
    for key in number[1:]:
        token.tap(key)
    yield "typed right, but its time is over", token.emulator.screen()
    token.emulator.set_time(_MOMENT + 1878)
    yield "wait for a fresh code", _after(token, token.tap, "red")
    token.emulator.advance(1.5)
    yield "code with little time left", _after(token, token.tap, "red")
    token.emulator.advance(1.5)
    token.emulator.set_time(_MOMENT + 1890)


def _functions(token: SpeakingToken) -> Iterator[State]:
    token.tap("red")
    yield "function", _after(token, token.tap, "red")
    yield "volume", _after(token, token.tap, "3")
    for _ in range(3):
        token.tap("3")
    yield "highest volume", token.emulator.screen()
    yield "speed", _after(token, token.chord, "4")
    yield "lowest speed", _after(token, token.tap, "4")
    yield "language", _after(token, token.chord, "9")
    token.tap("7")
    yield "serial number", _after(token, token.chord, "8")
    yield "status", _after(token, token.chord, "5")
    token.tap("1")
    yield "theme, back as it was", _after(token, token.tap, "1")
    token.chord("5")
    yield "key delay, off", _after(token, token.tap, "3")
    yield "key delay", _after(token, token.tap, "3")
    token.tap("1")
    token.chord("5")
    yield "time for typing", _after(token, token.tap, "4")
    token.chord("5")
    yield "time-outs", _after(token, token.tap, "6")
    yield "practice", _after(token, token.chord, "*")
    yield "own pace", _after(token, token.chord, "2")
    token.tap("6")
    yield "own pace, second digit", _after(token, token.tap, "6")
    token.tap("4")
    yield "own pace, at the beginning", _after(token, token.tap, "4")
    for _ in range(6):
        token.tap("6")
    yield "own pace, at the end", token.emulator.screen()


def _keys(token: SpeakingToken) -> Iterator[State]:
    token.emulator.set_time(_MOMENT + 2400)
    token.tap("red")  # own pace goes on when a function is used
    token.emulator.advance(_COUNTED)
    token.chord("8")
    yield "a key without a meaning", _after(token, token.tap, "9")
    token.emulator.press_key("0", 2200)
    yield "names of the keys", token.emulator.screen()
    yield "name of a key", _after(token, token.tap, "3")
    token.emulator.advance(20)
    yield "end of the names", token.emulator.screen()


def _secrets(folder: Path, language: str, inverted: bool) -> Iterator[State]:
    """Give the states of PIN entry and challenges."""
    with _token(folder, language) as emulator:
        token = SpeakingToken(emulator)
        session = token.provision(_challenged("number"), _challenged("payment"))
        session.write_settings({"language": language, "inverted": inverted})
        session.set_pin(Secret(PIN.encode()))
        _restart(token, _MOMENT)
        yield "PIN", _after(token, token.tap, "red")
        yield "PIN, three digits typed", _typed(token, PIN[:3])
        yield "PIN, taken back", _after(token, token.tap, "*")
        _typed(token, "**2468")
        yield "wrong PIN", _after(token, token.tap, "#")
        _typed(token, "2468#2468")
        yield "wait for the next try", _after(token, token.tap, "#")
        emulator.advance(31)
        yield "the wait is over", emulator.screen()
        token.tap("red")
        _typed(token, PIN)
        yield "challenge", _after(token, token.tap, "#")
        yield "challenge typed", _typed(token, "11111111")
        yield "challenge read back", _after(token, token.tap, "#")
        token.until_quiet()
        yield "challenge approved", _after(token, token.tap, "#")
        token.until_quiet()
        yield "response", emulator.screen()
        yield "amount", _after(token, token.chord, "#")
        yield "amount typed", _typed(token, "1250")
        yield "account to pay", _after(token, token.tap, "#")
        _typed(token, "4071886")
        yield "payment read back", _after(token, token.tap, "#")
        yield "account to pay, corrected", _after(token, token.tap, "*")
        _typed(token, "*" * 8)
        yield "amount, corrected", _typed(token, "*")
        _typed(token, "***0")
        yield "amount of zero", _after(token, token.tap, "#")
        token.tap("*")
        token.chord("*")
        yield "status with a PIN", _after(token, token.chord, "5")
        token.tap("2")
        _typed(token, PIN)
        yield "new PIN", _after(token, token.tap, "#")
        _typed(token, "1234")
        yield "new PIN too simple", _after(token, token.tap, "#")
        _typed(token, "5071")
        yield "new PIN again", _after(token, token.tap, "#")
        _typed(token, "5072")
        yield "new PIN differs", _after(token, token.tap, "#")
        _typed(token, "5071#5071")
        yield "new PIN saved", _after(token, token.tap, "#")


def _typed(token: SpeakingToken, keys: str) -> Screen:
    for key in keys:
        token.tap(key)
        token.emulator.advance(0.2)
    return token.emulator.screen()


def _challenged(entry: str) -> Credential:
    return Credential(
        f"Bank, {entry}", Secret(SECRET), period=None, suite="OCRA-1:HOTP-SHA1-6:QA32", entry=entry
    )


def _damage(folder: Path, language: str, inverted: bool) -> Iterator[State]:
    for name, harm in (
        ("cannot be saved", jam),
        ("storage damaged, and the settings with it", flip_a_bit_of_each_slot),
    ):
        place = folder / harm.__name__
        with _token(place, language) as emulator:
            SpeakingToken(emulator).provision(hotp()).write_settings(
                {"language": language, "inverted": inverted}
            )
        harm(place / "flash.bin", BOARD)
        with _token(place, language) as emulator:
            emulator.press_key("red")
            emulator.advance(_COUNTED)
            yield name, emulator.screen()


def walk(language: str) -> list[State]:
    """Give every state in both themes, the two of a state one after the other."""
    themes = [screens(language, inverted) for inverted in THEMES]
    return [state for pair in zip(*themes, strict=True) for state in pair]


def contact_sheet(states: list[State]) -> Image.Image:
    """Give screens in rows, pixel by pixel, black for ink."""
    _, _, right, _ = box(_COLUMNS - 1)
    _, _, _, bottom = box(len(states) - 1)
    sheet = Image.new("L", (right + _GAP, bottom + _GAP), _PAPER)
    for index, (_, screen) in enumerate(states):
        ink = screen.data.translate(_BLACK)
        sheet.paste(Image.frombytes("L", (screen.width, screen.height), ink), box(index))
    return sheet


def box(index: int) -> tuple[int, int, int, int]:
    """Give the position of a screen on the sheet: left, top, right, bottom."""
    x = _GAP + index % _COLUMNS * (_WIDTH + _GAP)
    y = _GAP + index // _COLUMNS * (_HEIGHT + _GAP)
    return x, y, x + _WIDTH, y + _HEIGHT


@cache
def _image(language: str) -> bytes:
    """Give the image of a token that speaks this language when it is new."""
    carried = LANGUAGES if language == "kl" else PRODUCT["image_languages"]
    ordered = [language, *(each for each in carried if each != language)]
    return build_image("kodeoplaeser", BOARD, production=True, languages=ordered)


def _token(folder: Path, language: str = LANGUAGES[0]) -> Emulator:
    """Start a token that speaks this language when it is new or its settings are lost."""
    return Emulator("kodeoplaeser", BOARD, folder, image=_image(language), time=START)


def _restart(token: SpeakingToken, moment: float) -> None:
    """Unplug, wait until the token is off, and set the time."""
    token.emulator.unplug()
    token.emulator.advance(75)
    token.emulator.set_time(moment)


def _after(token: SpeakingToken, act: Callable[[str], object], key: str) -> Screen:
    act(key)
    token.emulator.advance(0.3)
    return token.emulator.screen()
