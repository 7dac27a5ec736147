"""Driver: screens on a canvas that also records where it draws, on the VM."""

import time

import framebuf

from firmware.modules import load
from firmware.products.kodeviser import PRODUCT
from firmware.ui import draw
from firmware.ui.fob.code import CodeScreen, open_code
from firmware.ui.fob.info import Info, date
from firmware.ui.fob.message import Comparison, MessageScreen
from firmware.ui.fob.next_code import NextCode

_WIDTH = 128
_HEIGHT = 64
_SECRET = b"12345678901234567890"


class Canvas:
    """A framebuf, and the boxes drawn as (left, top, right, bottom), right and bottom excluded."""

    def __init__(self):
        self.bytes = bytearray(_WIDTH * _HEIGHT // 8)
        self.frame = framebuf.FrameBuffer(self.bytes, _WIDTH, _HEIGHT, framebuf.MONO_VLSB)
        self.boxes = []

    def blit(self, glyph, x, y):
        """Draw a character; its box is that of its lit pixels."""
        pixels, width, height, layout = glyph
        frame = framebuf.FrameBuffer(bytearray(pixels), width, height, layout)
        lit = [
            (column, row)
            for column in range(width)
            for row in range(height)
            if frame.pixel(column, row)
        ]
        if lit:
            columns = [column for column, _ in lit]
            rows = [row for _, row in lit]
            self.boxes.append(
                ("ink", x + min(columns), y + min(rows), x + max(columns) + 1, y + max(rows) + 1)
            )
        self.frame.blit(glyph, x, y)

    def in_bytes(self):
        """Return the display's `bytes` over this picture."""
        return _Bytes(self)

    def hline(self, x, y, width, color):
        """Draw a rule."""
        self.boxes.append(("rule", x, y, x + width, y + 1))
        self.frame.hline(x, y, width, color)

    def rect(self, x, y, width, height, color):
        """Draw a frame."""
        self.boxes.append(("frame", x, y, x + width, y + height))
        self.frame.rect(x, y, width, height, color)

    def fill_rect(self, x, y, width, height, color):
        """Fill a frame."""
        self.boxes.append(("fill", x, y, x + width, y + height))
        self.frame.fill_rect(x, y, width, height, color)


class _Bytes:
    """The same picture, each pixel of which is a byte of eight rows."""

    def __init__(self, canvas):
        self._canvas = canvas

    def blit(self, picture, x, y):
        """Draw a digit."""
        pixels, width, lines, layout = picture
        if layout != framebuf.GS8:
            raise ValueError("no bytes")
        self._canvas.blit((pixels, width, 8 * lines, framebuf.MONO_VLSB), x, 8 * y)


class _Display:
    width = _WIDTH
    height = _HEIGHT
    bytes: "_Bytes | None" = None


class _Battery:
    def __init__(self, millivolts):
        self._millivolts = millivolts

    def millivolts(self):
        return self._millivolts


class _Clock:
    def __init__(self, now, lost):
        self._now = now
        self._lost = lost

    def read(self):
        if self._now is None:
            raise OSError(5)
        if self._lost:
            raise ValueError("clock stopped")
        return self._now

    def temperature(self):
        return -1025


class _Vault:
    def __init__(self, state, credentials, set_at):
        self.state = state
        self.credentials = credentials
        self.clock = {"set_at": set_at, "aging": 0}
        self.access_key = bytes(32)


class _Hardware:
    unique_id = b"\x01\x02\x03\x04\x05\x06\x07\x08"
    battery = None

    def again(self, name):
        raise OSError(5)


class Token:
    """The attributes and methods of the App that screens use."""

    def __init__(
        self, language, board="pico", digits=6, kind="totp", names=("",), millivolts=4000, **state
    ):
        self.product = PRODUCT
        self.board = load("firmware.boards." + board).BOARD
        self.development = state.get("development", True)
        self.display = _Display()
        self.clock = _Clock(state.get("now", 1_790_000_000), state.get("lost", False))
        self.hardware = _Hardware()
        self.hardware.battery = None if millivolts is None else _Battery(millivolts)
        self.texts = load("firmware.ui.fob.texts_" + language).TEXTS
        self.text_font = load("firmware.products.fonts." + PRODUCT["text_font"])
        credentials = []
        for name in names:
            credential = {
                "name": name,
                "secret": _SECRET,
                "algorithm": "SHA1",
                "digits": digits,
                "kind": kind,
            }
            credential["period" if kind == "totp" else "counter"] = 30
            credentials.append(credential)
        self.vault = _Vault(state.get("state", "in_use"), credentials, state.get("set_at", 0))

        self.is_charged = state.get("charging", False)
        self.screen = None
        self.deadlines = []  # (ms, what to call then)

    def after(self, name, ms, action):
        """Note a deadline."""
        self.deadlines.append((ms, action))

    def show(self, screen):
        """Note what is shown."""
        self.screen = screen

    def code_font(self, digits):
        """Return the font, as the App does."""
        return load("firmware.products.fonts." + PRODUCT["code_fonts"][digits])

    def battery_low(self):
        """Return whether the battery is low, as the App does."""
        battery = self.hardware.battery
        return battery is not None and battery.millivolts() < PRODUCT["battery_low_mv"]

    def charging(self):
        """Return whether the cell is charged, as the App does."""
        return self.is_charged


def _drawn(screen, now=None):
    canvas = Canvas()
    screen._app.display.bytes = canvas.in_bytes()
    screen.draw(canvas, time.ticks_ms() if now is None else now)
    return bytes(canvas.bytes), canvas.boxes


def message(language: str, key: str):
    """Return a message's pixels, in pages, and its boxes."""
    return _drawn(MessageScreen(Token(language), key))


def message_keys(language: str) -> list:
    """Return the keys of all messages."""
    texts = load("firmware.ui.fob.texts_" + language).TEXTS
    return [key for key in texts if type(texts[key]) is tuple]


def comparison(language: str):
    """Draw the comparison number 888888."""
    return _drawn(Comparison(Token(language), "888888"))


def info(language: str, options: dict, number: int):
    """Draw an information page of a token; also return whether another follows."""
    screen = Info(Token(language, **options))
    for _ in range(number):
        screen = screen.pressed(0)
    return _drawn(screen), screen.pressed(0) is not None


def code(language: str, code: str, options: dict, expired: bool):
    """Draw a code screen with that code."""
    token = Token(language, digits=len(code), **options)
    period = 0 if options.get("kind") == "hotp" else 30
    screen = CodeScreen(token, 0, code, period, 30)
    return _drawn(screen, time.ticks_add(time.ticks_ms(), 30_001 if expired else 10_000))


def at_left(language: str, left: int, names: tuple, digits: int) -> tuple:
    """Draw a running code with that many milliseconds left; also return how often it is drawn."""
    screen = CodeScreen(Token(language, names=names), 0, "8" * digits, 30, 20)
    drawn = _drawn(screen, time.ticks_add(screen._ends, -left))
    return drawn, screen.refresh_ms


def pressed_at(left: int, after: int, names: tuple, again: bool) -> list:
    """Press twice: a code with that many seconds left is shown, and the next press comes `after`
    milliseconds later; a third half a second after that with `again`. What the App showed, and at
    which milliseconds its deadlines are."""
    token = Token("da", names=names, now=1_790_000_010 - left)
    token.hardware.clock = token.clock
    told = []
    screen = open_code(token, 0)
    told.append(type(screen).__name__)
    began = screen._began
    following = screen.pressed(time.ticks_add(began, after))
    told.append(None if following is None else type(following).__name__)
    if again and following is not None:
        told.append(following.pressed(time.ticks_add(began, after + 500)) is screen)
    for ms, action in token.deadlines:
        told.append(ms)
        token.screen = following
        token.clock._now = 1_790_000_010
        action()
        told.append(type(token.screen).__name__)
        told.append(token.screen._left(token.screen._began) // 1000)
    return told


def next_code(language: str, left: int) -> tuple:
    """Draw the wait for the next code."""
    token = Token(language)
    screen = NextCode(token, 0, CodeScreen(token, 0, "888888", 30, 7), left)
    return _drawn(screen, time.ticks_add(screen._ends, -left))


def opened(language: str, options: dict) -> tuple:
    """Return the pixels after a press, and for comparison those of each message."""
    token = Token(language, **options)
    pixels = _drawn(open_code(token, 0))[0]
    return pixels, {key: message(language, key)[0] for key in message_keys(language)}


def wrapped(text: str, room: int) -> list:
    """Return the lines of a text in the text font, each with its width."""
    font = load("firmware.products.fonts." + PRODUCT["text_font"])
    return [(line, draw.width(font, line)) for line in draw.wrapped(font, text, room)]


def shortened(text: str, room: int) -> tuple:
    """Return a name cut to fit, and its width."""
    font = load("firmware.products.fonts." + PRODUCT["text_font"])
    text = draw.shortened(font, text, room)
    return text, draw.width(font, text)


def dates(times: list) -> list:
    """Return date and time of day of each time."""
    return [date(unix) for unix in times]
