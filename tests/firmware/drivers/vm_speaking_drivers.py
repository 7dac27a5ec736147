"""Driver: the firmware's drivers of a token that speaks, on an emulated board; returns what each
does on its pins, bus and interrupts."""

import micropython

from tests.support.vm import board

_KEYS = "147*2580369#"
_ROWS = (0, 1, 2, 3)
_COLUMNS = (6, 7, 8)


class Unallocating:
    """Context in which allocating raises MemoryError."""

    def __enter__(self):
        micropython.heap_lock()

    def __exit__(self, kind, error, trace):
        micropython.heap_unlock()


def lcd_traffic(steps: list, width: int, height: int) -> list:
    """Return the transfers of each step as (select, bytes) per write.

    A step is a method's name with arguments, or a pixel.
    """
    board.install()
    from firmware.drivers.sharp_lcd import SharpLcd

    board.driven[:] = [None]
    lcd = SharpLcd(
        board.SPI(0, 2_000_000, 0, 0, board.Pin(18), board.Pin(19)), 17, 20, width, height
    )
    traffic = []
    for step in steps:
        if type(step[0]) is int:
            lcd.canvas.pixel(step[0], step[1], 1)
        else:
            getattr(lcd, step[0])(*step[1:])
        traffic.append([data for level, data in board.sent if level == (17, 1)])
        board.sent[:] = []
    return traffic


def packed_line(pixels: bytes, inverted: bool, flipped: bool) -> bytes:
    """Return what a panel is sent for its first line; packing its band allocates nothing."""
    board.install()
    from firmware.drivers.sharp_lcd import SharpLcd

    board.driven[:] = [None]
    lcd = SharpLcd(
        board.SPI(0, 2_000_000, 0, 0, board.Pin(18), board.Pin(19)), 17, 20, 8 * len(pixels), 8
    )
    lcd.invert(inverted)
    lcd.flip(flipped)
    for x in range(8 * len(pixels)):
        lcd.canvas.pixel(x, 0, pixels[x // 8] >> (7 - x % 8) & 1)
    with Unallocating():
        band = lcd._packed(0)
    return bytes(band[: len(band) // 8])


def copied(picture, width, height, glyph, columns, rows, x, y) -> list:
    """Return a picture with a glyph copied into it by framebuf, by the LCD's canvas, and by the
    plain twin; None of that where the glyph does not lie within."""
    board.install()
    import framebuf

    from firmware.drivers import sharp_lcd, sharp_lcd_plain

    pictures = [memoryview(bytearray(picture)) for _ in range(3)]
    source = (memoryview(bytearray(glyph)), columns, rows, framebuf.MONO_HLSB)
    framebuf.FrameBuffer(pictures[0], width, height, framebuf.MONO_HLSB).blit(source, x, y)
    sharp_lcd._Canvas(pictures[1], width, height).blit(source, x, y)
    if 0 <= x <= width - columns and 0 <= y <= height - rows:
        sharp_lcd_plain.copy(glyph, columns, rows, pictures[2], width // 8, x, y)
    else:
        pictures[2] = None
    return [None if each is None else bytes(each) for each in pictures]


def packed(picture, stride, first, rows, inverted) -> list:
    """Return a band as machine code packs it, and as its plain twin does."""
    from firmware.drivers import sharp_lcd_native, sharp_lcd_plain

    bands = [bytearray(rows * (stride + 2)) for _ in range(2)]
    sharp_lcd_native.pack(picture, stride, first, rows, inverted, bands[0])
    sharp_lcd_plain.pack(memoryview(picture), stride, first, rows, inverted, bands[1])
    return [bytes(band) for band in bands]


def touches(steps: list) -> list:
    """Return how often each step called on_press.

    Steps are (level of the red key's pin, read the button?).
    """
    board.install()
    from firmware.drivers import button

    clock = board.Time()
    button.time = clock
    board.pins[15] = 1
    key = button.Button(15, 5)
    called = bytearray(1)

    def touched():
        called[0] += 1

    key.on_press = touched
    told = []
    for level, reads in steps:
        board.pins[15] = level
        with Unallocating():
            board.handlers[15](key.pin)
        if reads:
            clock.now += 10
            key.read()
        told.append(called[0])
    return told


class _Matrix:
    """The contacts of a keypad, for the emulated pins."""

    def __init__(self):
        self.down = set()
        self.low = set(_COLUMNS)

    def row(self, number):
        for key in self.down:
            at = _KEYS.index(key)
            if at % 4 == number and _COLUMNS[at // 4] in self.low:
                return 0
        return 1


def keypad_changes(steps: list, heard: bool = True) -> list:
    """Return (time, key, down, at) of each change. Steps are (time, keys down); the timer calls
    every 5 ms.

    Unless `heard`, no interrupt of a row is delivered.
    """
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
    downs = []
    pad.on_press = lambda: downs.append(1)
    told = []
    steps = list(steps)
    for now in range(steps[-1][0] + 50):
        clock.now = now
        while steps and steps[0][0] == now:
            matrix.down = set(steps.pop(0)[1])
            for row in _ROWS:
                if heard and matrix.row(row) == 0:
                    board.handlers[row](None)
        timer = board.timers[-1]
        if now % 5 == 0 and timer.callback:
            timer.callback(timer)
        while pad.ioctl(3, 1):
            key, down, at = pad.read()
            told.append((now, key, down, at))
    assert board.timers[-1].callback is None or matrix.down
    assert len(downs) == len([1 for _, _, down, _ in told if down])
    return told


def keypad_allocates() -> bool:
    """Press and release a key with the heap locked; return True when both were reported."""
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


def _output():
    """Return the driver with a ring of 256 ms and a clock that the test sets."""
    board.install()
    from firmware.drivers import i2s

    i2s.time = clock = board.Time()
    output = i2s.I2s({"id": 0, "sck": 10, "ws": 11, "sd": 9, "ring_ms": 256}, 16000)
    return output, board.ports[-1], clock


def sound_set_up() -> list:
    """Return the port's set-ups at start, by a stop without sound, and by a stop during sound."""
    output, port, _ = _output()
    output.stop()
    before = len(port.set_ups)
    output.send()
    output.stop()
    return [before, port.set_ups]


def sound_sent(steps: list) -> list:
    """Send pieces while there is room, at each step. Steps are (samples the ring sent, milliseconds
    since the last step).

    Pieces hold the samples 1, 2, 3 ... Return (position of the first piece, number of pieces,
    heard(), over()) of each step, and the samples that the port took.
    """
    output, port, clock = _output()
    number = 0
    told = []
    for freed, ms in steps:
        port.space += freed
        clock.now += ms
        position = output.position()
        count = 0
        while output.room():
            count += 1
            for i in range(len(output.piece)):
                number += 1
                output.piece[i] = number
            output.send()
        told.append((position, count, output.heard(), output.over()))
    return [told, list(port.heard)]


def sound_over(ms: int) -> bool:
    """Return over() at a time after a single piece was sent."""
    output, _, clock = _output()
    output.send()
    clock.now += ms
    return output.over()


def sound_sent_without_allocating() -> bool:
    """Fill and send with the heap locked, after the first piece, which sets the port's mode."""
    output, port, _ = _output()
    output.send()
    port.heard = None
    port.write = _port_with_room
    with Unallocating():
        if output.room():
            output.send()
        output.position()
        output.heard()
        output.over()
    return True


def _port_with_room(samples):
    return 2 * len(samples)


def sound_muted() -> list:
    """Mute between two pieces; return the port's set-ups, room() and over(), before and after
    stop()."""
    output, port, clock = _output()
    output.mute()
    told = [len(port.set_ups)]
    port.space = 0
    output.send()
    output.mute()
    told += [len(port.set_ups), output.room(), output.over()]
    clock.now += 50 + 256
    told.append(output.over())
    output.stop()
    told += [len(port.set_ups), output.room(), output.position()]
    return told


def jack_edges() -> list:
    """Plug in with a bounce; return the interrupt handler's calls, and what is read at rest."""
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
            board.handlers[13](jack.pin)
    clock.now += 10
    return [before, bytes(heard[: place[0]]), jack.read(), jack.plugged, jack.read()]


def amplifier_levels() -> list:
    """Return the levels of the amplifier's pin."""
    board.install()
    from firmware.drivers.amplifier import from_board

    amplifier = from_board({"pin": 12}, None, {})
    amplifier.on()
    amplifier.off()
    return board.driven


class Level:
    """A pin that keeps its level without allocating."""

    level = 0

    def value(self, level):
        self.level = level


def motor_levels(plan: bytes, ticks: int, stop_after: int) -> list:
    """Play a plan and let the timer tick; return what the pin was at each tick, whether the motor
    is busy, and the timer's callback in the end. After `stop_after` ticks it is stopped."""
    board.install()
    from firmware.drivers.vibration import from_board

    board.pins[22] = 0
    motor = from_board({"pin": 22, "timer": -1}, None, {})
    motor.pin = Level()
    motor.play(plan)
    levels = []
    for tick in range(ticks):
        levels.append(motor.pin.level)
        if tick == stop_after:
            motor.stop()
        callback = board.timers[-1].callback
        if callback is not None:
            with Unallocating():
                callback(board.timers[-1])
    return [levels, motor.busy, board.timers[-1].callback is None]


def motor_of_a_bare_pin() -> bool:
    """Return whether there is a driver where nothing pulls the pin low."""
    board.install()
    from firmware.drivers.vibration import from_board

    board.pins[22] = 1
    return from_board({"pin": 22, "timer": -1}, None, {}) is not None
