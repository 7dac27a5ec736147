"""Driver: the firmware's drivers on an emulated board; returns what each does on pins and bus."""

from tests.support.vm import board

_DISPLAY = 0x3C
_CLOCK = 0x68


def _display():
    board.install()
    from firmware.drivers.ssd1306 import Ssd1306

    return Ssd1306(board.I2C(0, board.Pin(4), board.Pin(5), 400_000), _DISPLAY, 128, 64)


def _clock(registers: bytes):
    board.install()
    from firmware.drivers.ds3231 import Ds3231

    board.registers[_CLOCK][: len(registers)] = registers
    return Ds3231(board.I2C(0, board.Pin(4), board.Pin(5), 400_000), _CLOCK)


def _taken() -> list:
    taken = [data for _, data in board.sent]
    board.sent[:] = []
    return taken


def display_traffic(steps: list) -> list:
    """Return the bus traffic of each step: a method's name with arguments, or a pixel (x, y)."""
    display = _display()
    traffic = [_taken()]
    for step in steps:
        if step[0] == "silent":
            board.silent.add(_DISPLAY)
        elif step[0] == "status":
            board.status[0] = step[1]
        elif step[0] == "back":
            board.silent.clear()
        elif type(step[0]) is int:
            display.canvas.pixel(step[0], step[1], 1)
        else:
            try:
                getattr(display, step[0])(*step[1:])
            except OSError:
                board.sent.append((_DISPLAY, b"OSError"))
        traffic.append(_taken())
    return traffic


def copied(picture: bytes, width: int, x: int, y: int) -> list:
    """Return the pixels of a display with a picture copied into its bytes, and those of framebuf
    with it copied by pixels."""
    display = _display()
    import framebuf

    lines = len(picture) // width
    other = bytearray(128 * 64 // 8)
    display.bytes.blit((picture, width, lines, framebuf.GS8), x, y)
    framebuf.FrameBuffer(other, 128, 64, framebuf.MONO_VLSB).blit(
        (bytearray(picture), width, 8 * lines, framebuf.MONO_VLSB), x, 8 * y
    )
    return [bytes(display._pixels), bytes(other)]


def clock_registers(unix: int) -> bytes:
    """Return the time registers that the driver writes for a time."""
    board.install()
    from firmware.drivers import ds3231

    return ds3231.registers(unix)


def clock_times(times: list) -> list:
    """Return each time after a round trip through the registers."""
    board.install()
    from firmware.drivers import ds3231

    return [ds3231.seconds(ds3231.registers(unix)) for unix in times]


def clock_call(registers: bytes, method: str, *arguments):
    """Call a method of a clock with these registers; return its result and the bytes written."""
    clock = _clock(registers)
    result = getattr(clock, method)(*arguments)
    return result, _taken()


def button_changes(edges: list, reads: list, debounce: int) -> list:
    """Return (readable, changes) of each read. Edges are (time, level), reads are times."""
    board.install()
    from firmware.drivers import button

    clock = board.Time()
    button.time = clock
    key = button.Button(15, debounce)

    def edge(level):
        def act():
            board.pins[15] = level
            board.handlers[15](key.pin)

        return act

    clock.events = [(at, edge(level)) for at, level in edges]
    answers = []
    for at in reads:
        clock._move(max(at, clock.now))
        readable = key.ioctl(3, 1) == 1
        changes = []
        while True:
            change = key.read()
            if change is None:
                break
            changes.append(change)
        answers.append((readable, changes))
    return answers


def button_unheard(levels: list) -> list:
    """Set the contact to each level without an interrupt; return (readable, change, second
    read)."""
    board.install()
    from firmware.drivers import button

    button.time = board.Time()
    key = button.Button(15, 5)
    answers = []
    for level in levels:
        board.pins[15] = level
        answers.append((key.ioctl(3, 1) == 1, key.read(), key.read()))
    return answers


def button_heard_late() -> list:
    """Deliver a press's interrupt while a read that saw its level waits; return all that is
    read."""
    board.install()
    from firmware.drivers import button

    clock = button.time = board.Time()
    key = button.Button(15, 5)
    board.pins[15] = 0
    clock.events = [(clock.now + 2, lambda: board.handlers[15](key.pin))]
    changes = []
    while key.ioctl(3, 1):
        changes.append(key.read())
    return changes


def button_other_request() -> int:
    """Return the stream's answer to an ioctl request other than polling."""
    board.install()
    from firmware.drivers.button import Button

    return Button(15, 5).ioctl(10, 0)


def battery_millivolts(samples: list, calibrated: bool) -> int:
    """Return the voltage behind a divider by two, for the converter of an RP2040 or an ESP32."""
    board.install()
    board.samples[:] = samples
    from firmware.drivers import battery

    battery.ADC = board.CalibratedADC if calibrated else board.ADC
    return battery.Battery(26, 2, 3300).millivolts()


def charging(level: int) -> bool:
    """Return what the charger says with its status pin at that level."""
    board.install()
    board.pins[21] = level
    from firmware.drivers.charger import Charger

    return Charger(21).charging()


def bring_up(name: str, silent: list, levels: dict, product: str = "kodeviser"):
    """Bring a board up; return the parts found, the faults and the pins driven."""
    board.install()
    board.silent.update(silent)
    board.pins.update(levels)
    from firmware.hardware import bring_up
    from firmware.modules import load

    product = load("firmware.products." + product).PRODUCT
    hardware = bring_up(load("firmware.boards." + name).BOARD, product)
    parts = [part for part in product["parts"] if getattr(hardware, part) is not None]
    return parts, hardware.faults, board.driven
