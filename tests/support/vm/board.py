"""A replacement for a board's `machine` on the VM, under the drivers: it records their calls and
gives prepared answers.

`install()` puts it in place of the real one; the functions that tests call come after it. Bus
traffic is recorded as (address, bytes written). Time advances only when the program sleeps or reads
it.
"""

import io
import sys
from array import array

pins = {}  # number -> level that the outside world gives it
driven = []  # (pin, level) as the program set them
handlers = {}
sent = []  # (address, bytes) in the order of the bus
registers = {}  # address -> bytearray
timers = {}  # number -> Timer
ports = []  # every I2S in the order of their making
silent = set()  # addresses that do not answer
samples = [0]
status = [0]  # what a display gives when it is read


class Pin:
    """The part of machine.Pin that the drivers use."""

    IN = 0
    OUT = 1
    OPEN_DRAIN = 2
    PULL_UP = 1
    PULL_DOWN = 2
    IRQ_RISING = 4
    IRQ_FALLING = 8

    def __init__(self, number, mode=-1, pull=-1, value=None):
        self.number = number
        if value is not None:
            self.value(value)

    def value(self, level=None):
        if level is None:
            return pins.get(self.number, 1)
        driven.append((self.number, level))
        if self.number == 5 and level == 1 and driven.count((5, 0)) == 3:
            pins[4] = 1  # the chip that hangs on SDA lets go after three clocks
        return None

    def init(self, mode=-1, pull=-1, *, value=None):
        if value is not None:
            self.value(value)

    def irq(self, handler, trigger):
        handlers[self.number] = handler


class ADC:
    """The part of machine.ADC that the drivers use on the RP2040."""

    def __init__(self, pin):
        self.pin = pin.number

    def read_u16(self):
        samples.append(samples.pop(0))
        return samples[-1]


class CalibratedADC:
    """The part of machine.ADC that the drivers use on the ESP32."""

    ATTN_11DB = 3

    def __init__(self, pin):
        self.range = None

    def atten(self, attenuation):
        self.range = attenuation

    def read_uv(self):
        return samples[0] if self.range == self.ATTN_11DB else 950_000


class I2C:
    """The part of machine.I2C that the drivers use."""

    def __init__(self, number, sda, scl, freq):
        driven.append(("i2c", number, sda.number, scl.number, freq))

    def _reach(self, address):
        if address in silent:
            raise OSError(5)

    def writevto(self, address, vector):
        self._reach(address)
        sent.append((address, b"".join([bytes(part) for part in vector])))

    def readfrom(self, address, size):
        self._reach(address)
        return bytes((status[0],)) * size

    def writeto_mem(self, address, register, data):
        self._reach(address)
        sent.append((address, bytes((register,)) + bytes(data)))
        registers[address][register : register + len(data)] = data

    def readfrom_mem_into(self, address, register, buffer):
        self._reach(address)
        buffer[:] = registers[address][register : register + len(buffer)]

    def readfrom_mem(self, address, register, size):
        self._reach(address)
        return bytes(registers[address][register : register + size])


class SPI:
    """The part of machine.SPI that the drivers use: written bytes go to `sent`, with the level of
    the pin last driven."""

    def __init__(self, number, baudrate, polarity, phase, sck, mosi):
        driven.append(("spi", number, sck.number, mosi.number, baudrate, polarity, phase))

    def write(self, data):
        sent.append((driven[-1], bytes(data)))


class Timer:
    """The part of machine.Timer that the drivers use; the test calls back."""

    PERIODIC = 1

    def __init__(self, number):
        timers[number] = self
        self.callback = None

    def init(self, mode, period, callback):
        self.callback = callback

    def deinit(self):
        self.callback = None


class I2S(io.IOBase):
    """The part of machine.I2S that the drivers use, in its three modes. `space` is the number of
    free samples; only the test increases it."""

    TX = 1
    MONO = 0

    def __init__(self, number, **settings):
        self.number = number
        self.heard = array("h")  # all that was taken, over all set-ups
        self.set_ups = []
        self.init(**settings)
        ports.append(self)

    def init(self, *, sck, ws, sd, mode, bits, format, rate, ibuf):
        self.set_ups.append(
            (self.number, sck.number, ws.number, sd.number, mode, bits, format, rate, ibuf)
        )
        self.space = (ibuf - 1) // 2
        self.waits = True  # write() would wait until all of it is taken

    def ioctl(self, request, flags):
        self.waits = False
        return flags if self.space else 0

    def write(self, samples):
        taken = min(len(samples), self.space)
        if self.waits and taken < len(samples):
            raise RuntimeError("waits for ever")
        self.space -= taken
        self.heard.extend(samples[:taken])
        return 2 * taken


class Time:
    """A clock that the program advances. `events` are (time, action) in the order of time."""

    def __init__(self):
        self.now = 1_000
        self.events = []

    def _move(self, to):
        while self.events and self.events[0][0] <= to:
            self.now, action = self.events.pop(0)
            action()
        self.now = to

    def ticks_ms(self):
        return self.now

    def ticks_add(self, ticks, delta):
        return ticks + delta

    def ticks_diff(self, end, start):
        return end - start

    def sleep_ms(self, delay):
        self._move(self.now + delay)

    def sleep_us(self, delay):
        pass


def unique_id():
    """Give the board's fixed id."""
    return b"\x01\x02\x03\x04\x05\x06\x07\x08"


def install():
    """Replace the modules with a new board; drivers that are imported afterwards use it."""
    for name in list(sys.modules):
        if name.startswith("firmware.drivers") or name == "firmware.hardware":
            del sys.modules[name]
    ports[:] = []
    for kept in (pins, handlers, registers, silent, timers):
        kept.clear()
    driven[:] = []
    sent[:] = []
    samples[:] = [0]
    registers[0x68] = bytearray(19)
    sys.modules["machine"] = sys.modules["tests.support.vm.board"]


class KeyQueue:
    """A button or keypad whose changes the test appends: (down, ticks) or (key, down, ticks)."""

    def __init__(self):
        self.down = False
        self.changes = []

    def read(self):
        """Return the next change, None when there is none."""
        if not self.changes:
            return None
        change = self.changes.pop(0)
        if type(change[0]) is bool:
            self.down = change[0]
        return change
