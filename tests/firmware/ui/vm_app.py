"""Driver: the App and the link's services with parts that fail, on the VM."""

import gc

import framebuf

from firmware.boards.pico import BOARD
from firmware.products.kodeviser import PRODUCT
from firmware.storage import selftest as flash_test
from firmware.ui.app import App
from firmware.ui.fob.code import open_code
from firmware.ui.link_services import AppServices
from tests.support.vm import board


class _Display:
    width = 128
    height = 64

    def __init__(self, calls):
        pixels = bytearray(1024)
        self.canvas = framebuf.FrameBuffer(pixels, 128, 64, framebuf.MONO_VLSB)
        self.bytes = framebuf.FrameBuffer(pixels, 128, 8, framebuf.GS8)
        self.calls = calls
        self.broken = False

    def _note(self, call):
        if self.broken:
            raise OSError(5)
        self.calls.append(call)

    def blank(self):
        self.canvas.fill(0)

    def show(self):
        self._note("show")

    def on(self):
        self._note("on")

    def hide(self):
        self._note("hide")

    def off(self):
        self._note("off")

    def flip(self, flipped):
        self._note("flip " + str(flipped))

    def contrast(self, level):
        self._note("contrast " + str(level))


class _Clock:
    def __init__(self, silent):
        self.silent = silent

    def read(self):
        if self.silent:
            raise OSError(5)
        return 1_790_000_000

    def temperature(self):
        if self.silent:
            raise OSError(5)
        return 2100


class _Part:
    down = False

    def __init__(self, calls):
        self._calls = calls

    def millivolts(self):
        return 3900

    def hold(self):
        self._calls.append("hold")

    def release(self):
        self._calls.append("release")


class _Vault:
    state = "in_use"
    clock = {"set_at": 0, "aging": 0}  # noqa: RUF012 - a stand-in's constant
    access_key = bytes(32)

    def __init__(self):
        self.settings = {}
        self.credentials = [
            {
                "name": name,
                "secret": bytes(20),
                "algorithm": "SHA1",
                "digits": 6,
                "kind": "totp",
                "period": 30,
            }
            for name in ("a", "b")
        ]


class _Hardware:
    usb = charger = None
    keypad = audio = amplifier = jack = vibration = None
    unique_id = b"\x01\x02\x03\x04\x05\x06\x07\x08"

    def __init__(self, calls, silent):
        self.faults = []
        self.display = _Display(calls)
        self.clock = _Clock(silent)
        self.button = self.battery = self.latch = _Part(calls)
        self._parts = {"display": self.display, "clock": self.clock}

    def part(self, name):
        return getattr(self, name)

    def again(self, name):
        part = self._parts[name]
        if getattr(part, "broken", False) or getattr(part, "silent", False):
            raise OSError(5)
        if name in self.faults:
            self.faults.remove(name)
        return part

    def doze(self):
        pass


def _app(silent=False):
    calls = []
    hardware = _Hardware(calls, silent)
    return App(PRODUCT, BOARD, True, hardware, _Vault()), hardware, calls


def on_and_off() -> list:
    """Return the calls of display and latch while a code is shown and hidden."""
    app, _, calls = _app()
    calls[:] = []
    app.show(open_code(app, 0))
    app.turn_off()
    return calls


def display_lost() -> tuple:
    """Let the display fail while a code is shown; return the faults, and whether the App still
    shows and hides."""
    app, hardware, _ = _app()
    hardware.display.broken = True
    app.show(open_code(app, 0))
    shown = app.screen is not None
    app.turn_off()
    return hardware.faults, shown, app.screen is None


def display_back() -> tuple:
    """Let the display fail while a code is shown and answer again; return its calls from then on,
    and the faults."""
    app, hardware, calls = _app()
    hardware.display.broken = True
    app.show(open_code(app, 0))
    hardware.display.broken = False
    calls[:] = []
    app._show_again()
    return calls, hardware.faults


def next_code() -> list:
    """Return the display's calls when the next account's code takes a code's place."""
    app, _, calls = _app()
    app.show(open_code(app, 0))
    calls[:] = []
    app.show(open_code(app, 1))
    return calls


def thresholds() -> list:
    """Return the bytes after which garbage is collected while a key is read on a dark token, while
    one is read on a token that shows something, and afterwards."""
    app, _, _ = _app()
    key, seen = object(), []
    app.interaction.sources = [(key, lambda: seen.append(gc.threshold()))]
    app._serve(key)
    app.show(open_code(app, 0))
    app._serve(key)
    seen.append(gc.threshold())
    return seen


def after_change(change: str) -> bool:
    """Return True when a shown code is still shown after the host made a change."""
    app, _, _ = _app()
    app.show(open_code(app, 1))
    if change == "remove":
        del app.vault.credentials[1]
    elif change == "remove the other":
        del app.vault.credentials[0]
    elif change == "block":
        app.vault.state = "blocked"
    elif change == "wipe":
        app.vault.state = "wiped"
        app.vault.credentials = []
    app.check_screen()
    return app.screen is not None


def settings(changes: dict) -> list:
    """Return the calls of the display when settings change while a code is shown."""
    app, _, calls = _app()
    app.show(open_code(app, 0))
    calls[:] = []
    app.vault.settings = changes
    AppServices(app).settings_changed()
    return calls


def comparison() -> bool:
    """Return True when the comparison number is shown, and hidden once the token has a key."""
    app, _, _ = _app()
    app.vault.access_key = None
    AppServices(app).comparison("123456")
    app.check_screen()
    app._call_due()
    shown = app.screen is not None
    app.vault.access_key = bytes(32)
    app.check_screen()
    return shown, app.screen is None


def info(silent: bool) -> dict:
    """Return the services' answer to INFO."""
    return AppServices(_app(silent)[0]).info()


def selftest(broken: str) -> dict:
    """Return the services' self-test with one part broken."""
    board.install()
    from firmware.drivers.selftest import selftest as test_parts

    app, hardware, _ = _app(broken == "clock")
    hardware.selftest = lambda parts: test_parts(hardware, parts)
    hardware.random = bytes
    if broken == "display":
        hardware.display.broken = True
    if broken == "button":
        hardware.button.down = True
    flash = _Flash(broken == "flash")
    for name in ("open", "os"):
        setattr(flash_test, name, getattr(flash, name))
    return AppServices(app).selftest()


class _Flash:
    """A file system that keeps one file, or loses what is written to it."""

    def __init__(self, loses):
        self._loses = loses
        self._content = None
        self.os = self

    def open(self, path, mode):
        if mode == "wb":
            self._content = b""
        self._at = 0
        return self

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        pass

    def write(self, data):
        self._content += b"" if self._loses else data

    def read(self, size):
        self._at += size
        return self._content[self._at - size : self._at]

    def remove(self, path):
        self._content = None

    def stat(self, path):
        if self._content is None:
            raise OSError(2)
