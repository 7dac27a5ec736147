"""Driver: screens on a canvas that also records where it draws, on the VM."""

import time

import framebuf

from firmware.modules import load
from firmware.products.kodeviser import PRODUCT
from firmware.ui import draw
from firmware.ui.fob.code import CodeScreen, open_code
from firmware.ui.fob.info import Info, date
from firmware.ui.fob.message import Comparison, Message

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


class _Display:
    width = _WIDTH
    height = _HEIGHT


class _Battery:
    def __init__(self, millivolts):
        self._millivolts = millivolts

    def millivolts(self):
        return self._millivolts


class _Clock:
    def __init__(self, now, lost):
        self._now = now
        self._lost = lost

    def lost(self):
        if self._now is None:
            raise OSError(5)
        return self._lost

    def read(self):
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
        self.vault = _Vault(state.get("state", "locked"), credentials, state.get("set_at", 0))

    def code_font(self, digits):
        """Return the font, as the App does."""
        return load("firmware.products.fonts." + PRODUCT["code_fonts"][digits])

    def battery_low(self):
        """Return whether the battery is low, as the App does."""
        battery = self.hardware.battery
        return battery is not None and battery.millivolts() < PRODUCT["battery_low_mv"]


def _drawn(screen, now=None):
    canvas = Canvas()
    screen.draw(canvas, time.ticks_ms() if now is None else now)
    return bytes(canvas.bytes), canvas.boxes


def message(language: str, key: str):
    """Return a message's pixels, in pages, and its boxes."""
    return _drawn(Message(Token(language), key))


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
