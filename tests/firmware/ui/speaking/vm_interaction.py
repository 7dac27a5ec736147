"""A kodeoplæser's keys, views and voice over parts that only remember, with time in the test's
hands, on the VM."""

import gc
from array import array

import framebuf

from firmware.boards.pico2 import BOARD
from firmware.modules import load
from firmware.products.kodeoplaeser import PRODUCT
from firmware.storage.errors import VaultError
from firmware.storage.pin import set_pin
from firmware.ui import app as app_module
from firmware.ui import code_source, draw
from firmware.ui.app import App
from firmware.ui.link_services import Services
from firmware.ui.speaking import (
    accounts,
    code,
    fresh_period,
    interaction,
    own_pace,
    pin_entry,
    voice,
)
from tests.support.vm.board import KeyQueue, Time

gc.threshold(16_384)  # as main.py has it
_PIECE = 800  # samples, 50 ms
_RING = 4096  # samples, 256 ms
_BLOCK = 160  # samples, 10 ms
_CLIP = 6400  # samples, 400 ms
_MODULES = app_module, accounts, code, fresh_period, interaction, pin_entry, own_pace, voice
clock = Time()
clips = []  # (ms, clip) as they begin
written = []  # what is on the display
drawn = []  # what has ever been on it in the last play


class _Pack:
    def __init__(self, file):
        self._left = 0
        self._begun = None

    def start(self, clip, speed):
        if clip == "missing":
            raise KeyError(clip)
        self._begun = clip, speed
        self._left = _CLIP

    def read(self, piece, gain, at):
        if self._begun:
            _Audio.last.begins(at, self._begun[0], self._begun[1])
            self._begun = None
        count = min(self._left, len(piece) - at)
        for i in range(at, at + count):
            piece[i] = gain
        self._left -= count
        return count


class _Audio:
    """A ring of 256 ms. What was sent and is not heard yet goes when it is stopped."""

    rate = 16000
    feed_ms = 102
    last = None

    def __init__(self):
        _Audio.last = self
        self.piece = array("h", bytes(2 * _PIECE))
        self.levels = []  # (ms, loudest sample), where that changes
        self._coming = []  # (ms, loudest sample) of each block to come
        self._clips = []  # (ms, clip, speed) to come
        self._began = 0
        self._sent = 0

    @property
    def playing(self):
        return self._sent > 0

    def room(self):
        return self.position() - self._elapsed() <= _RING - _PIECE

    def position(self):
        return max(self._sent, self._elapsed())

    def begins(self, at, clip, speed):
        """A clip begins at that place of the piece that will be sent next."""
        began = self._began if self._sent else clock.now
        self._clips.append((began + (self.position() + at) // 16, clip, speed))

    def send(self):
        if not self._sent:
            self._began = clock.now
        start = self._began + self.position() // 16
        for at in range(0, _PIECE, _BLOCK):
            self._coming.append((start + at // 16, max(self.piece[at : at + _BLOCK])))
        self._sent = self.position() + _PIECE

    def heard(self):
        return self._elapsed()

    def sound(self):
        """Let what is to be heard by now be heard."""
        while self._clips and self._clips[0][0] <= clock.now:
            clips.append(self._clips.pop(0))
        while self._coming and self._coming[0][0] <= clock.now:
            moment, loudest = self._coming.pop(0)
            if not self.levels or self.levels[-1][1] != loudest:
                self.levels.append((moment, loudest))

    def over(self):
        return self._elapsed() >= self._sent

    def mute(self):
        self.stop()

    def stop(self):
        self.sound()
        if self.levels and self.levels[-1][1]:
            self.levels.append((clock.now, 0))
        self._coming = []
        self._clips = []
        self._sent = 0

    def _elapsed(self):
        return (clock.now - self._began) * 16 if self._sent else 0


class _Switched(KeyQueue):
    """Red key, keypad or jack."""

    def __init__(self):
        KeyQueue.__init__(self)
        self.plugged = False
        self.on_edge = None


class _Switch:
    """Amplifier, latch or USB sense."""

    def __init__(self):
        self.high = False

    def on(self):
        self.high = True

    def off(self):
        self.high = False

    hold = on
    release = off

    def present(self):
        return self.high


class _Display:
    width = 400
    height = 240

    def __init__(self):
        self.canvas = framebuf.FrameBuffer(bytearray(12000), 400, 240, framebuf.MONO_HLSB)
        self.lit = False
        self.inverted = False

    def show(self):
        pass

    def on(self):
        self.lit = True

    def off(self):
        self.lit = False

    def invert(self, inverted):
        self.inverted = inverted


class _Rtc:
    def __init__(self):
        self.fault = None
        self.left = 29  # seconds of a code's period when the first key goes down

    def lost(self):
        if self.fault == "absent":
            raise OSError(5)
        return self.fault == "lost"

    def read(self):
        return 1_790_000_009 - self.left + clock.now // 1000


class _Battery:
    value = 3900

    def millivolts(self):
        return self.value


class _Vault:
    state = "locked"
    clock = {"set_at": 0, "aging": 0}  # noqa: RUF012 - a stand-in's constant
    access_key = bytes(32)
    fails = False
    pin = None

    def __init__(self, names, digits, kind):
        self.settings = {}
        self.saves = []
        self.counter = 0
        self.credentials = []
        for name in names:
            held = {
                "name": name,
                "secret": bytes(20),
                "algorithm": "SHA1",
                "digits": digits,
                "kind": kind,
                "period": 30,
            }
            self.credentials.append(held)

    def write_settings(self, changes):
        if self.fails:
            raise VaultError(18)
        self.saves.append((clock.now, sorted(changes)))
        self.settings.update(changes)

    def keep_pin(self, record, forget=False):
        if self.fails:
            raise VaultError(18)
        self.pin = record
        if record["tries"] >= 10:
            self.state = "blocked"

    def next_counter(self, index):
        if self.fails:
            raise VaultError(18)
        self.counter += 1
        return self.counter


class _Hardware:
    unique_id = b"\x01\x02\x03\x04\x05\x06\x07\x08"

    def __init__(self):
        self.faults = []
        self.display = _Display()
        self.clock = _Rtc()
        self.battery = _Battery()
        self.button = _Switched()
        self.keypad = _Switched()
        self.jack = _Switched()
        self.audio = _Audio()
        self.amplifier = _Switch()
        self.latch = _Switch()
        self.usb = _Switch()

    def random(self, count):
        return bytes(range(7, 7 + count))


class KeypadToken:
    """A token, and a script of what its user does."""

    def __init__(self, names, digits, kind, settings):
        clips[:] = []
        clock.now = 1000
        for module in _MODULES:
            module.time = clock
        code_source.time = clock
        voice.Pack = _Pack
        voice.open = lambda path, mode: _File()
        draw.text = _text
        self.hardware = _Hardware()
        self.vault = _Vault(names, digits, kind)
        self.vault.settings = settings
        self.app = App(PRODUCT, BOARD, True, self.hardware, self.vault)
        self.app.interaction.start = lambda: None

    def do(self, step):
        """One step: red, red+KEY, KEY, hold KEY MS, down KEY, up KEY, wait MS, until quiet, in,
        out, ..."""
        words = step.split()
        if words[0] == "wait":
            self._run(int(words[1]))
        elif step == "until quiet":
            while self.hardware.audio.playing or "red" in self.app._deadlines:
                self._run(20)
        elif words[0] in ("in", "out"):
            self.hardware.jack.plugged = words[0] == "in"
            self.hardware.jack.on_edge(words[0] == "in")
            self._run(10)
            self.hardware.jack.changes.append((words[0] == "in", clock.now))
            self._run(0)
        elif words[0] == "hold":
            self._key(words[1], True)
            self._run(int(words[2]))
            self._key(words[1], False)
        elif words[0] in ("down", "up"):
            self._key(words[1], words[0] == "down")
        elif "+" in step:
            self._key("red", True)
            self._run(60)
            self._key(step[4:], True)
            self._run(60)
            self._key(step[4:], False)
            self._key("red", False)
            self._run(30)
        else:
            self._key(step, True)
            self._run(80)
            self._key(step, False)
            self._run(30)

    def _key(self, key, down):
        if key == "red":
            self.hardware.button.changes.append((down, clock.now))
        else:
            self.hardware.keypad.changes.append((key, down, clock.now))
        self._run(0)

    def _run(self, ms):
        end = clock.now + ms
        while True:
            self.hardware.audio.sound()
            for source, read in self.app.interaction.sources:
                if source.changes:
                    read()
            self.app._call_due()
            self.hardware.audio.sound()
            if clock.now >= end:
                return
            clock.now += 10


class _File:
    def close(self):
        pass


def _text(canvas, font, string, x, y):
    written.append(string)
    if string not in drawn:
        drawn.append(string)
    for character in string:
        glyph, rows, columns = font.get_ch(character)
        if x + columns > 400 or y + rows > 240 or x < 0 or y < 0:
            raise ValueError("off the display: " + string)
        canvas.blit((glyph, columns, rows, framebuf.MONO_HLSB), x, y)
        x += columns
    return x


def _shown(app):
    written[:] = []
    if app.screen is None:
        return None
    app.draw()
    return " ".join(written)


def play(steps, options):
    """What each step made the token say (clips begun) and what then stood on the display."""
    global last
    last = None
    gc.collect()  # the token before
    drawn[:] = []
    token = KeypadToken(
        options.get("names", ("a",)),
        options.get("digits", 6),
        options.get("kind", "totp"),
        options.get("settings", {}),
    )
    if "held" in options:
        token.vault.credentials = options["held"]
    token.vault.state = options.get("state", "locked")
    token.hardware.clock.fault = options.get("clock")
    token.hardware.clock.left = options.get("left", 29)
    if "pin" in options:
        set_pin(token.vault, options["pin"], token.hardware.random)
    token.vault.fails = options.get("storage_fails", False)
    if "battery" in options:
        token.hardware.battery.value = options["battery"]
    told = []
    for step in steps:
        before = len(clips)
        token.do(step)
        told.append(([clip for _, clip, _ in clips[before:]], _shown(token.app)))
    last = token
    return told


last = None


def times() -> list:
    """(ms, clip, speed) of all clips of the last play."""
    return list(clips)


def heard() -> list:
    """(ms, loudest sample), where that changed, of the last play."""
    return last.hardware.audio.levels


def saved() -> list:
    """(ms, names) of the last play's writes of settings, and what they left."""
    return last.vault.saves, last.vault.settings


def fail() -> None:
    """Let the last play's storage fail."""
    last.vault.fails = True


def block() -> None:
    """Let the issuer block the last play's token."""
    last.vault.state = "blocked"


def pin_tries() -> int:
    """How many wrong PINs in a row the vault of the last play holds."""
    return last.vault.pin["tries"]


def lit_pixels(top: int) -> int:
    """How many pixels below that row are set on the last play's display."""
    canvas = last.hardware.display.canvas
    count = 0
    for y in range(top, 240):
        for x in range(400):
            count += canvas.pixel(x, y)
    return count


def power_cycle() -> None:
    """Take the last play's power away and give it back: its vault and its clock outlive that."""
    global last
    vault = last.vault
    fault = last.hardware.clock.fault
    moment = clock.now
    last = None
    gc.collect()
    last = KeypadToken(("a",), 6, "totp", {})
    clock.now = moment + 1000
    last.hardware.clock.fault = fault
    last.app.vault = last.vault = vault


def mend() -> None:
    """Let the last play's storage work again."""
    last.vault.fails = False


def now() -> int:
    """The last play's time."""
    return clock.now


def amplifier() -> bool:
    """Whether the last play left the loudspeaker on."""
    return last.hardware.amplifier.high


def seen() -> list:
    """All texts that the last play drew."""
    return drawn


def lit() -> bool:
    """Whether the last play left the display on."""
    return last.hardware.display.lit


def compare_now(number: str) -> None:
    """Let a host claim the last play's token."""
    last.vault.access_key = None
    Services(last.app).comparison(number)


def compare(number: str) -> tuple:
    """The comparison number of a claim: clips, and text."""
    play([], {})
    compare_now(number)
    shown = _shown(last.app)
    last.do("until quiet")
    return [clip for _, clip, _ in clips], shown


def phrases(language: str) -> dict:
    """The phrases of a language."""
    return load("firmware.speech.phrases_" + language).PHRASES


def again(step: str):
    """One more step on the last play."""
    before = len(clips)
    last.do(step)
    return [clip for _, clip, _ in clips[before:]], _shown(last.app)
