"""A kodeoplæser without display and voice: what its keys lead to, with time that jumps from one
deadline to the next. For the grammar of the keys, of which there are thousands of cases."""

import gc
import sys

try:
    import framebuf
except ImportError:  # CPython: nothing is drawn here
    framebuf = type(sys)("framebuf")
    framebuf.MONO_HLSB = 3
    framebuf.FrameBuffer = lambda *arguments: None
    sys.modules["framebuf"] = framebuf

from firmware.boards.pico2 import BOARD
from firmware.products.kodeoplaeser import PRODUCT
from firmware.storage.pin import set_pin
from firmware.ui.app import App
from tests.firmware.ui.speaking import vm_modules_with_time
from tests.support.vm.board import KeyQueue, Time

clock = Time()
token = None
PIN = "8291"
PAYMENT = {
    "name": "a",
    "secret": b"12345678901234567890",
    "kind": "ocra",
    "suite": "OCRA-1:HOTP-SHA256-6:C-QA24",
    "entry": "payment",
    "counter": 0,
}
# Accounts that answer challenges, without a clock or with it.
_PAYMENTS = {"ocra": PAYMENT, "timed": dict(PAYMENT, suite="OCRA-1:HOTP-SHA256-6:C-QA24-T30S")}
_TAP = 60  # ms


def held(kind, name="a"):
    """An account that counts ("hotp") or tells the time ("totp")."""
    return {
        "name": name,
        "secret": bytes(20),
        "algorithm": "SHA1",
        "digits": 6,
        "kind": kind,
        "period": 30,
    }


class _Rtc:
    def read(self):
        return 1_790_000_010 + clock.now // 1000


class _Vault:
    state = "in_use"
    clock = {"set_at": 0, "aging": 0}  # noqa: RUF012 - a stand-in's constant
    access_key = bytes(32)
    pin = None

    def __init__(self, credentials):
        self.settings = {}
        self.credentials = credentials
        self.counters = [0] * len(credentials)

    def write_settings(self, changes):
        self.settings.update(changes)

    def keep_pin(self, record, forget=False):
        self.pin = record

    def next_counter(self, index):
        self.counters[index] += 1
        return self.counters[index]


class _Hardware:
    unique_id = bytes(8)
    display = audio = amplifier = jack = latch = usb = charger = battery = vibration = None

    def __init__(self):
        self.faults = []
        self.clock = _Rtc()
        self.button = KeyQueue()
        self.keypad = KeyQueue()

    def part(self, name):
        return getattr(self, name)

    def again(self, name):
        raise OSError(5)

    def doze(self):
        pass

    def random(self, count):
        return bytes(range(7, 7 + count))


class Token:
    """A token that is off."""

    def __init__(self, credentials, pin=None):
        vm_modules_with_time.use(clock)
        clock.now = 1000
        self.vault = _Vault(credentials)
        self.hardware = _Hardware()
        self.signed = 0  # responses to challenges
        if pin:
            set_pin(self.vault, pin, self.hardware.random)
        self.app = App(PRODUCT, BOARD, True, self.hardware, self.vault)
        keep = self.app.interaction.accounts._keep

        def sign(code):
            self.signed += code is not None and not code.interruptible
            return keep(code)

        self.app.interaction.accounts._keep = sign

    def key(self, key, down):
        """A key goes down or up."""
        if key == "red":
            self.hardware.button.changes.append((down, clock.now))
        else:
            self.hardware.keypad.changes.append((key, down, clock.now))
        for source, read in self.app.interaction.sources:
            if source.changes:
                read()
        self.app._call_due()

    def wait(self, ms):
        """Let time pass, from deadline to deadline."""
        end = clock.now + ms
        while True:
            due = [at for at, _ in self.app._deadlines.values() if at <= end]
            if not due:
                break
            clock.now = max(clock.now, min(due))
            self.app._call_due()
        clock.now = end

    def tap(self, keys):
        """Tap keys one after another, slowly; "r" is red, "." five seconds in which all is
        heard."""
        for key in keys:
            if key == ".":
                self.wait(5100)
                continue
            name = "red" if key == "r" else key
            self.key(name, True)
            self.wait(_TAP)
            self.key(name, False)
            self.wait(600)

    def facts(self):
        """What must not change unasked."""
        screen = self.app.screen
        code = screen is not None and screen.kind == "code"
        last = self.app.interaction.accounts.last
        pin = self.vault.pin
        settings = self.app.interaction.preferences.values
        return {
            "screen": None if screen is None else screen.kind,
            "title": [part() if callable(part) else part for part in screen.title]
            if screen
            else None,
            "typed": getattr(screen, "typed", None) if not code else None,
            "checks": code and 0 < len(screen.typed) < len(screen.number),
            "last": None if last is None else last.number,
            "counters": list(self.vault.counters),
            "tries": None if pin is None else pin["tries"],
            "signed": self.signed,
            "now": clock.now,
            "volume": settings["volume"],
            "speed": settings["speed"],
            "language": settings["language"],
            "key_delay": settings["key_delay"],
        }


# Screen -> (accounts, PIN, taps that lead there). At "r" from off a second goes by at least.
SCREENS = {
    "off": (["totp"], None, ""),
    "off, counting": (["hotp"], None, ""),
    "off, two counting": (["hotp", "hotp"], None, ""),
    "off, PIN": (["hotp"], PIN, ""),
    "code": (["totp"], None, "r."),
    "expired code": (["totp"], None, "r......."),
    "fresh_period": (["totp"], None, "r...r."),
    "fresh period that ends": (["totp"], None, "r....r."),
    "fresh period from off": (["totp"], None, "....r."),
    "fresh period of own pace": (["totp"], None, "r...rr2"),
    "counting code": (["hotp"], None, "r."),
    "counting codes": (["hotp", "hotp"], None, "r."),
    "partly checked code": (["hotp"], None, "r.12"),
    "practice": (["hotp"], None, "r.rr*."),
    "own_pace": (["hotp"], None, "r.rr2.66"),
    "own pace, timed": (["totp"], None, "r.rr2.66"),
    "volume": (["hotp"], None, "r.rr3."),
    "speed": (["hotp"], None, "r.rr6."),
    "language": (["hotp"], None, "r.rr9."),
    "serial": (["hotp"], None, "r.rr8."),
    "status": (["hotp"], None, "r.rr5."),
    "theme": (["hotp"], None, "r.rr5.1."),
    "key delay": (["hotp"], None, "r.rr5.3."),
    "no function": (["hotp"], None, "r.rr3.9."),
    "PIN": (["hotp"], PIN, "r."),
    "part of a PIN": (["hotp"], PIN, "r.82"),
    "whole PIN": (["hotp"], PIN, "r.8290"),
    "wrong PIN": (["hotp"], PIN, "r.8290#.82"),
    "PIN again": (["totp"], PIN, "r.8291#.rr5.2.82"),
    "part of an amount": (["ocra"], None, "r.25"),
    "part of a payee": (["ocra"], None, "r.250#.1234"),
    "read-back": (["ocra"], None, "r.250#.12345678#"),
    "read-back heard": (["ocra"], None, "r.250#.12345678#."),
    "approved": (["ocra"], None, "r.250#.12345678#.#"),
    "response, not heard": (["ocra"], None, "r.250#.12345678#.#."),
    "response": (["ocra"], None, "r.250#.12345678#.#.."),
    "new PIN, not heard": (["hotp"], PIN, "r.rr5.2.8291#.4096#.4096#"),
    "wait for a response": (["timed"], None, "r....250#.12345678#.#."),
}


def screens() -> list:
    """The names of the screens."""
    return list(SCREENS)


def reach(screen: str) -> dict:
    """A new token with that screen; its facts."""
    global token
    token = None
    if sys.implementation.name == "micropython":
        gc.collect()  # the token before
    kinds, pin, taps = SCREENS[screen]
    credentials = [
        dict(_PAYMENTS[kind]) if kind in _PAYMENTS else held(kind, str(number))
        for number, kind in enumerate(kinds)
    ]
    token = Token(credentials, pin)
    token.tap(taps)
    return token.facts()


def pressed_with_left(left: int) -> dict:
    """Red on a new token that is off, with so many seconds of a period left; the facts."""
    global token
    token = Token([held("totp")])
    token.wait(30_000 - left * 1000 - clock.now % 30_000)
    token.tap("r")
    return token.facts()


def do(events: list) -> dict:
    """Keys that go down or up: (ms to wait before, key, down). The facts after."""
    for wait, key, down in events:
        token.wait(wait)
        token.key(key, down)
    return token.facts()


def settle(ms: int) -> dict:
    """The facts after so long without a key."""
    token.wait(ms)
    return token.facts()


def tried(screen: str, gestures: list) -> list:
    """For each list of events on a new token with that screen: facts before, after, and three
    seconds later."""
    told = []
    for events in gestures:
        told.append((reach(screen), do(events), settle(3000)))
    return told
