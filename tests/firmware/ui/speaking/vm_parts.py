"""Stand-ins for a kodeoplæser's parts, which only remember, on the VM: voice packs, sound, keys,
display, clock, battery and vault. Time is `clock`, in milliseconds, and in the test's hands."""

from array import array

import framebuf

from firmware.storage.vault import VaultError
from tests.support.vm.board import KeyQueue, Time

_PIECE = 800  # samples, 50 ms
_RING = 4096  # samples, 256 ms
_BLOCK = 160  # samples, 10 ms
_CLIP = 6400  # samples, 400 ms
clock = Time()
clips = []  # (ms, clip) as they begin
_loud = {}  # gain -> a piece of nothing else, because MicroPython is slow sample by sample


class Pack:
    def __init__(self, file, beside=None):
        self._left = 0
        self._begun = None

    def start(self, clip, speed):
        if clip == "missing":
            raise KeyError(clip)
        self._begun = clip, speed
        self._left = _CLIP

    def read(self, piece, gain, at):
        if self._begun:
            Audio.last.begins(at, self._begun[0], self._begun[1])
            self._begun = None
        count = min(self._left, len(piece) - at)
        if gain not in _loud:
            _loud[gain] = array("h", [gain] * _PIECE)
        piece[at : at + count] = memoryview(_loud[gain])[:count]
        self._left -= count
        return count


class Audio:
    """A ring of 256 ms. What was sent and is not heard yet goes when it is stopped."""

    rate = 16000
    feed_ms = 102
    last = None

    def __init__(self):
        Audio.last = self
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
        piece = memoryview(self.piece)
        for at in range(0, _PIECE, _BLOCK):
            self._coming.append((start + at // 16, max(piece[at : at + _BLOCK])))
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


class Switched(KeyQueue):
    """Red key, keypad or jack."""

    def __init__(self):
        KeyQueue.__init__(self)
        self.plugged = False
        self.on_edge = None


class Cable(KeyQueue):
    """USB sense."""

    def present(self):
        return self.down


class Charger:
    """Charge status."""

    low = False

    def charging(self):
        return self.low


class Switch:
    """Amplifier or latch."""

    def __init__(self):
        self.high = False

    def on(self):
        self.high = True

    def off(self):
        self.high = False

    hold = on
    release = off


class Display:
    width = 400
    height = 240

    def __init__(self):
        self.canvas = framebuf.FrameBuffer(bytearray(12000), 400, 240, framebuf.MONO_HLSB)
        self.lit = False
        self.inverted = False

    def blank(self):
        self.canvas.fill(0)

    def show(self):
        pass

    def on(self):
        self.lit = True

    def hide(self):
        pass

    def off(self):
        self.lit = False

    def invert(self, inverted):
        self.inverted = inverted


class Rtc:
    def __init__(self):
        self.fault = None
        self.left = 29  # seconds of a code's period when the first key goes down

    def read(self):
        if self.fault == "absent":
            raise OSError(5)
        if self.fault == "lost":
            raise ValueError("clock stopped")
        return 1_790_000_009 - self.left + clock.now // 1000


class Battery:
    value = 3900

    def millivolts(self):
        return self.value


class Vault:
    state = "in_use"
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

    def prepare(self):
        pass

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


class Hardware:
    unique_id = b"\x01\x02\x03\x04\x05\x06\x07\x08"

    def __init__(self):
        self.faults = []
        self.display = Display()
        self.clock = Rtc()
        self.battery = Battery()
        self.button = Switched()
        self.keypad = Switched()
        self.jack = Switched()
        self.audio = Audio()
        self.amplifier = Switch()
        self.latch = Switch()
        self.usb = Cable()
        self.charger = Charger()
        self.vibration = None

    def part(self, name):
        return getattr(self, name)

    def again(self, name):
        raise OSError(5)

    def doze(self):
        pass

    def random(self, count):
        return bytes(range(7, 7 + count))


class File:
    def close(self):
        pass
