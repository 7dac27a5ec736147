"""The drivers of a token that speaks, on the stand-in board: what each does on its pins, bus and interrupts."""

import micropython

from tests.vm import board

_KEYS = "147*2580369#"
_ROWS = (0, 1, 2, 3)
_COLUMNS = (6, 7, 8)


class Unallocating:
    """Within it, allocating raises MemoryError."""

    def __enter__(self):
        micropython.heap_lock()

    def __exit__(self, kind, error, trace):
        micropython.heap_unlock()


def lcd_traffic(steps: list, width: int, height: int) -> list:
    """Return the transfers of each step, a method's name with arguments or a pixel: (select, bytes) per write."""
    board.install()
    from firmware.drivers.sharp_lcd import SharpLcd

    board.driven[:] = [None]
    lcd = SharpLcd(board.SPI(0, 2_000_000, 0, 0, board.Pin(18), board.Pin(19)), 17, 20, width, height)
    traffic = []
    for step in steps:
        if type(step[0]) is int:
            lcd.canvas.pixel(step[0], step[1], 1)
        else:
            getattr(lcd, step[0])(*step[1:])
        traffic.append([data for level, data in board.sent if level == (17, 1)])
        board.sent[:] = []
    return traffic


class _Matrix:
    """The contacts of a keypad, for the stand-in's pins."""

    def __init__(self):
        self.down = set()
        self.low = set(_COLUMNS)

    def row(self, number):
        for key in self.down:
            at = _KEYS.index(key)
            if at % 4 == number and _COLUMNS[at // 4] in self.low:
                return 0
        return 1


def keypad_changes(steps: list) -> list:
    """Steps are (time, keys that are down); the timer calls every 5 ms. Return (time, key, down, at) of each change."""
    board.install()
    matrix = _Matrix()

    class Pin(board.Pin):
        def value(self, level=None):
            if self.number in _COLUMNS and level is not None:
                if level:
                    matrix.low.discard(self.number)
                else:
                    matrix.low.add(self.number)
                return None
            return matrix.row(self.number)

    from firmware.drivers import keypad

    clock = board.Time()
    clock.now = 0
    keypad.time = clock
    keypad.Pin = Pin
    pad = keypad.Keypad(_ROWS, _COLUMNS, -1, 5)
    told = []
    steps = list(steps)
    for now in range(steps[-1][0] + 50):
        clock.now = now
        while steps and steps[0][0] == now:
            matrix.down = set(steps.pop(0)[1])
            for row in _ROWS:
                if matrix.row(row) == 0:
                    board.handlers[row](None)
        timer = board.timers[-1]
        if now % 5 == 0 and timer.callback:
            timer.callback(timer)
        while pad.ioctl(3, 1):
            key, down, at = pad.read()
            told.append((now, key, down, at))
    assert board.timers[-1].callback is None or matrix.down
    return told


def keypad_allocates() -> bool:
    """Press and let go of a key with the heap locked; return whether both were told."""
    board.install()

    class Pin(board.Pin):
        def value(self, level=None):
            return board.pins.get(self.number, 1)

    from firmware.drivers import keypad

    keypad.Pin = Pin
    pad = keypad.Keypad(_ROWS, _COLUMNS, -1, 0)
    timer = board.timers[-1]
    board.pins[1] = 0
    with Unallocating():
        board.handlers[1](None)
        timer.callback(timer)
    board.pins[1] = 1
    with Unallocating():
        timer.callback(timer)
        timer.callback(timer)
    return pad.read() is not None


def play(counts: list, stop_after: int, shift: int) -> list:
    """Play stretches of samples 100, 101 ...; return the samples written after each callback, and what the end was."""
    board.install()
    from firmware.drivers.i2s import I2s

    output = I2s({"id": 0, "sck": 10, "ws": 11, "sd": 9}, 16000)
    output.shift = shift
    counts = list(counts)
    state = [0, 100]

    def fill(buffer):
        count = counts[state[0]] if state[0] < len(counts) else 0
        state[0] += 1
        for i in range(count):
            buffer[i] = state[1]
            state[1] += 1
        return count

    output.play(fill)
    port = board.ports[-1]
    written = [list(port.written)]
    while port.open and len(written) < 20:
        if len(written) == stop_after:
            output.stop()
            port.callback(port)  # one that was under way already
            break
        before = port.count
        with Unallocating():
            port.callback(port)
        if port.count != before:
            written.append(list(port.written))
    return written, port.set_up, port.open, output.playing, output.ioctl(3, 1), output.read(), output.read()


def jack_edges() -> list:
    """Plug in with a bounce: what the interrupt handler passes on, and what is read at rest."""
    board.install()
    from firmware.drivers import button
    from firmware.drivers.jack import Jack

    board.pins[13] = 0
    button.time = clock = board.Time()
    jack = Jack(13, 5)
    heard = bytearray(4)
    place = [0]

    def on_edge(plugged):
        heard[place[0]] = plugged
        place[0] += 1

    jack.on_edge = on_edge
    before = jack.plugged
    for level in (1, 0, 1):
        board.pins[13] = level
        with Unallocating():
            board.handlers[13](jack._pin)
    clock.now += 10
    return [before, bytes(heard[: place[0]]), jack.read(), jack.plugged, jack.read()]


def amplifier_levels() -> list:
    """What drives the amplifier's pin."""
    board.install()
    from firmware.drivers.amplifier import from_board

    amplifier = from_board({"pin": 12}, None, {})
    amplifier.on()
    amplifier.off()
    return board.driven
