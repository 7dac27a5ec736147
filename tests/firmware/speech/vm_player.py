"""Driver: the player on an audio output whose time the test sets. 16 samples are a millisecond."""

from array import array

from firmware.speech.player import Player
from tests.support.vm import board

_PIECE = 800
_RING = 4096


class _Audio:
    rate = 16000
    feed_ms = 102

    def __init__(self):
        self.piece = array("h", bytes(2 * _PIECE))
        self.runs = []  # [value, samples] of what was sent: the samples themselves fill the heap
        self.count = 0  # samples that have been sent
        self.now = 0  # samples that have been heard
        self.stops = 0
        self.keeps = True

    def room(self):
        return self.count - self.now <= _RING - _PIECE

    def position(self):
        return self.count

    def send(self):
        if self.keeps:
            for sample in self.piece:
                if self.runs and self.runs[-1][0] == sample:
                    self.runs[-1][1] += 1
                else:
                    self.runs.append([sample, 1])
            self.count += len(self.piece)

    def heard(self):
        return self.now

    def over(self):
        return self.now >= self.count

    def stop(self):
        self.stops += 1


class _Pack:
    """Every clip is `length` samples of its number; "none" is missing, and "bad" cannot be read."""

    def __init__(self, length):
        self._length = length
        self._left = 0
        self._name = ""

    def start(self, name, speed):
        if name == "none":
            raise KeyError(name)
        self._name = name
        self._left = self._length

    def read(self, out, gain, at=0):
        if self._name == "bad":
            raise OSError(5)
        count = min(self._left, len(out) - at)
        value = int(self._name)
        for i in range(at, at + count):
            out[i] = value
        self._left -= count
        return count


def _other(path, beside):
    """The pack of names has clips of 30 samples."""
    if path == "gone":
        raise OSError(2)
    return _Pack(30)


def runs(script: list, length: int, then: list | None = None) -> tuple:
    """Play a script of (clip, pause), and then another one; return the [value, samples] sent, and
    whether the player has a pack at the end."""
    audio, player = _saying(script, length)
    while player.feed():
        audio.now += 1600
    if then:
        player.say(then, 3)
        while player.feed():
            audio.now += 1600
    return audio.runs, player.voice


def places(script: list, length: int, times: list) -> list:
    """Return the index in the script at each of these times in ms, with a feed at each."""
    audio, player = _saying(script, length)
    told = []
    for ms in times:
        audio.now = 16 * ms
        player.feed()
        told.append(player.at())
    return told


def asked(script: list, length: int) -> list:
    """Return the samples sent by the time a clip that is a function was called."""
    audio, player = _saying([], length)
    told = []

    def clip():
        told.append(audio.count)
        return "7"

    script.append((clip, 10))
    player.say(script, 3)
    while player.feed():
        audio.now += 1600
    return told


class _Hardware:
    button = keypad = amplifier = jack = vibration = None

    def __init__(self, audio):
        self.audio = audio


class _Screen:
    """A view that says two clips and never changes."""

    times = 1

    def parts(self):
        return ["bad", "1"]

    def follow(self, place):
        return False

    def watch_ms(self, now):
        return None


class _App:
    def __init__(self, audio):
        self.product = {"gains": (256,)}
        self.hardware = _Hardware(audio)
        self.deadlines = {}
        self.screen = _Screen()

    def after(self, name, ms, action):
        self.deadlines[name] = action

    def cancel(self, name):
        self.deadlines.pop(name, None)


def voice_lost() -> tuple:
    """Say a view with an unreadable pack; return the ends reported by say() itself and then by the
    loop."""
    from firmware.ui.speaking import announcer as module

    module.time = board.Time()
    app = _App(_Audio())
    app.hardware.audio.keeps = False  # as if all of it had been heard already
    ends = []
    announcer = module.Announcer(app, lambda: ends.append(True))
    announcer._player.use(_Pack(100))
    announcer.say(app.screen)
    at_once = len(ends)
    while app.deadlines:
        app.hardware.audio.now += 1600
        app.deadlines.pop(min(app.deadlines))()
    return at_once, len(ends)


def feeds_without_allocating() -> bool:
    """Feed within a clip with the heap locked; MicroPython only."""
    import micropython

    audio, player = _saying([("3", 10)], 100_000)
    player.feed()
    audio.keeps = False
    audio.now += 1600
    room = iter([True, True, False])
    audio.room = lambda: next(room)
    audio.over = bool
    micropython.heap_lock()
    try:
        return player.feed()
    finally:
        micropython.heap_unlock()


def _saying(script, length):
    audio = _Audio()
    player = Player(audio, _other)
    player.use(_Pack(length))
    player.say(script, 3)
    return audio, player
