"""A kodeoplæser's keys, views and voice over parts that only remember, with time in the test's
hands, on the VM."""

import gc

import framebuf

from firmware.boards.pico2 import BOARD
from firmware.modules import COLLECT_EVERY, load
from firmware.products.kodeoplaeser import PRODUCT
from firmware.storage.pin import set_pin
from firmware.ui import draw
from firmware.ui.app import App
from firmware.ui.link_services import AppServices
from firmware.ui.speaking import announcer
from firmware.ui.speaking.interaction import Interaction
from tests.firmware.ui.speaking import vm_modules_with_time
from tests.firmware.ui.speaking.vm_parts import File, Hardware, Pack, Vault, clips, clock

gc.threshold(2 * COLLECT_EVERY)  # for words of 64 bits
written = []  # what is on the display
drawn = []  # what has ever been on it in the last play


class KeypadToken:
    """A token, and a script of what its user does."""

    def __init__(self, names, digits, kind, settings):
        clips[:] = []
        clock.now = 1000
        vm_modules_with_time.use(clock)
        announcer.Pack = Pack
        announcer.open = lambda path, mode: File()
        draw.text = _text
        self.hardware = Hardware()
        self.vault = Vault(names, digits, kind)
        self.vault.settings = settings
        self.app = App(PRODUCT, BOARD, True, self.hardware, self.vault)
        self.app.interaction.start = lambda: None

    def do(self, step):
        """One step: red, red+KEY, KEY, hold KEY MS, down KEY, up KEY, wait MS, until quiet, in,
        out, cable in, cable out, power by cable (behind it: charging), saved PLACE, request."""
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
        elif words[0] == "cable":  # in or out
            self.hardware.charger.low = words[-1] == "charging"
            self.hardware.usb.changes.append((words[1] == "in", clock.now))
            self._run(0)
        elif words[0] == "power":  # by cable
            self.hardware.charger.low = words[-1] == "charging"
            self.hardware.usb.down = True
            Interaction.start(self.app.interaction)
            self._run(0)
        elif words[0] == "saved":  # the host stores the account at that place
            AppServices(self.app).account_saved(int(words[1]))
            self._run(0)
        elif step == "request":  # of a host
            self.app.interaction.silence()
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
            clock.now += self._idle_ms(end - clock.now)

    def _idle_ms(self, left):
        """The time until the next look, in steps of 10 ms: at once while it sounds, else when
        something is due."""
        if self.hardware.audio.playing:
            return 10
        due = self.app._wait_ms()
        if 0 <= due < left:
            left = due
        return max(10, (left + 9) // 10 * 10)


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
    token.app.product = dict(PRODUCT)
    token.app.product.update(options.get("product", {}))
    for held, spoken in zip(token.vault.credentials, options.get("spoken", ())):  # noqa: B905 - MicroPython's zip has no strict
        held["spoken"] = spoken
    if "held" in options:
        token.vault.credentials = options["held"]
    token.vault.state = options.get("state", "in_use")
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


def counter() -> int:
    """Return the last counter that a code was made of."""
    return last.vault.counter


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
    AppServices(last.app).comparison(number)
    last.do("wait 0")


def compare(number: str) -> tuple:
    """The comparison number of a claim: clips, and text."""
    play([], {})
    compare_now(number)
    shown = _shown(last.app)
    last.do("until quiet")
    return [clip for _, clip, _ in clips], shown


def phrases(language: str) -> dict:
    """The phrases of a language."""
    phrases = load("firmware.speech.phrases_" + language).PHRASES
    return {key: phrases[key] for key in phrases.keys()}  # noqa: SIM118 - no dict


def again(step: str):
    """One more step on the last play."""
    before = len(clips)
    last.do(step)
    return [clip for _, clip, _ in clips[before:]], _shown(last.app)
