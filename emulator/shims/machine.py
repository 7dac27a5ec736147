"""MicroPython's machine module, as far as the firmware uses it: every call is a record."""
# ruff: noqa: D101, D102, D103, D105, D107, PLR2004, PLW0603, RET503, UP031 - MicroPython's own
# names and ways

import sys

import channel
import records
from machine_i2s import I2S  # noqa: F401 - part of the module
from machine_spi import SPI  # noqa: F401 - part of the module
from machine_timer import Timer  # noqa: F401 - part of the module
from micropython import const
from records import PWRON_RESET, WDT_RESET
from uerrno import EINVAL
from ustruct import pack, unpack

_NO_LEVEL = const(255)
_cause = PWRON_RESET  # boot_image writes it at power-on
_unique_id = b""
_frequency = 125_000_000
_irqs = channel.sources  # pin number -> handler


class _Irq:
    def __init__(self, pin, handler, trigger, hard):
        self.pin, self.handler, self._trigger, self.hard, self._flags = (
            pin,
            handler,
            trigger,
            hard,
            0,
        )

    def flags(self):
        return self._flags

    def trigger(self):
        return self._trigger

    def __call__(self):
        self.handler(self.pin)

    def ring(self, flags):
        self._flags = flags
        self.handler(self.pin)

    def drop(self):
        channel.call(records.PIN_IRQ, bytes((self.pin._id, 0)))


class Pin:
    IN, OUT, OPEN_DRAIN = records.IN, records.OUT, records.OPEN_DRAIN
    PULL_UP, PULL_DOWN = records.PULL_UP, records.PULL_DOWN
    IRQ_FALLING, IRQ_RISING = records.IRQ_FALLING, records.IRQ_RISING

    def __init__(self, id, mode=-1, pull=-1, *, value=None):
        self._id = id._id if isinstance(id, Pin) else id
        if mode != -1:
            self.init(mode, pull, value=value)

    def init(self, mode=-1, pull=-1, *, value=None):
        level = _NO_LEVEL if value is None else int(bool(value))
        record = bytes((self._id, max(mode, 0), max(pull or 0, 0), level))
        _show(self._id, channel.call(records.PIN_INIT, record))

    def value(self, level=None):
        if level is None:
            return channel.level(self._id)
        channel.write(self._id, 1 if level else 0)

    __call__ = value

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)

    high, low = on, off

    def toggle(self):
        self.value(not self.value())

    def irq(self, handler=None, trigger=records.IRQ_FALLING | records.IRQ_RISING, hard=False):
        irq = _irqs[self._id] = _Irq(self, handler, trigger, hard)
        _show(self._id, False)
        channel.call(records.PIN_IRQ, bytes((self._id, trigger if handler else 0)))
        return irq

    def __repr__(self):
        return "Pin(GPIO%d)" % self._id


def _show(pin, alone):
    """Note whether writing a pin changes no level but its own."""
    bit = 1 << pin
    channel.showing = channel.showing | bit if alone else channel.showing & ~bit


def _on_event(source, flags):
    irq = _irqs[source]
    try:
        irq.ring(flags)
    except Exception as error:
        # a board prints it, drops a hard handler and goes on (shared/runtime/mpirq.c)
        if irq.hard:
            irq.drop()
        sys.print_exception(error, sys.stdout)


channel.on_event = _on_event


class I2C:
    def __init__(self, id, *, scl, sda, freq=400_000, timeout=50_000):
        self._bus, self._frequency = id, freq
        channel.call(records.I2C_INIT, pack("<BBBI", id, Pin(sda)._id, Pin(scl)._id, freq))

    def _cost(self, count):
        return (9 * count + 2) * 1_000_000 // self._frequency  # 9 clocks a byte, start and stop

    def _transfer(self, address, data, count=0):
        head = pack("<BBH", self._bus, address, count)
        cost = self._cost(1 + len(data) + (count + 1 if count else 0))
        if not count and channel.answering.get(address) == self._bus:
            channel.post(records.I2C_POST, head + data, cost, False)
            return b""
        answer = channel.call(records.I2C_TRANSFER, head + data, cost)
        if not answer:  # a write, and the next one cannot end otherwise
            channel.answering[address] = self._bus
        return answer

    def scan(self):
        return list(channel.call(records.I2C_SCAN, bytes((self._bus,)), 112 * self._cost(1)))

    def writeto(self, address, data, stop=True):
        self._transfer(address, bytes(data))
        return len(data)

    def writevto(self, address, vector, stop=True):
        return self.writeto(address, b"".join(bytes(part) for part in vector))

    def readfrom(self, address, count, stop=True):
        return self._transfer(address, b"", count)

    def readfrom_into(self, address, buffer, stop=True):
        buffer[:] = self._transfer(address, b"", len(buffer))

    def writeto_mem(self, address, register, data, *, addrsize=8):
        self._transfer(address, register.to_bytes(addrsize // 8, "big") + bytes(data))

    def readfrom_mem(self, address, register, count, *, addrsize=8):
        return self._transfer(address, register.to_bytes(addrsize // 8, "big"), count)

    def readfrom_mem_into(self, address, register, buffer, *, addrsize=8):
        buffer[:] = self.readfrom_mem(address, register, len(buffer), addrsize=addrsize)


class ADC:
    def __init__(self, id):
        self._pin = Pin(id)._id

    def read_u16(self):
        return unpack("<H", channel.call(records.ADC_READ, bytes((self._pin,))))[0]


class WDT:
    def __init__(self, id=0, timeout=5000):
        if id != 0 or not 0 < timeout <= 8388:  # the RP2040's longest
            raise OSError(EINVAL)
        self._timeout = timeout
        self.feed()

    def feed(self):
        channel.call(records.WATCHDOG, pack("<I", self._timeout))


def unique_id():
    return _unique_id


def reset_cause():
    return _cause


def reset():
    channel.call(records.RESET, bytes((WDT_RESET,)))  # the rp2 port resets through the watchdog


def soft_reset():
    channel.call(records.RESET, bytes((_cause,)))


def freq(hertz=None):
    global _frequency
    if hertz is None:
        return _frequency
    _frequency = hertz


def idle():
    channel.idle(channel.read_clock() + 1000, 1)


def lightsleep(ms=None):
    channel.idle(None if ms is None else channel.read_clock() + ms * 1000, 2)


def deepsleep(ms=None):
    lightsleep(ms)
    reset()


def disable_irq():
    was = channel.holding()
    channel.hold_events(True)
    return was


def enable_irq(state=False):
    channel.hold_events(state)
