"""Bring-up: makes driver objects from board and product data.

Only this file and the drivers use `machine`.
"""

import os
import time

import cryptolib
import machine

from firmware.modules import load

if False:
    from firmware.interfaces import Any, BlockCipher  # type: ignore[unreachable]


_DOZE_MS = 500
_LATER = ("charger",)  # opened when it is first asked for: no press waits for it


def reset() -> None:
    """Reset the board, as at power-on."""
    machine.reset()


def aes_ecb(key: bytes) -> "BlockCipher":
    """Return the AES function of a key, for whole blocks (mode 1 of cryptolib is ECB)."""
    return cryptolib.aes(key, 1).encrypt


class Hardware:
    """The parts of a token.

    A part that the board lacks or that does not answer is None; one that does not answer is also
    named in `faults`.
    """

    def __init__(self, board: dict, product: dict) -> None:
        """Begin without parts."""
        self._wires = board["buses"]
        self._parts = board["products"][product["name"]]
        self._product = product
        self._buses: dict = {}  # by name, those that are open
        self.display: Any = None  # the types of the parts are in interfaces.pyi
        self.clock: Any = None
        self.button: Any = None
        self.battery: Any = None
        self.latch: Any = None
        self.usb: Any = None
        self.charger: Any = None
        self.keypad: Any = None
        self.audio: Any = None
        self.amplifier: Any = None
        self.jack: Any = None
        self.vibration: Any = None
        self.faults: list = []
        self.unique_id = machine.unique_id()
        self.random = os.urandom
        self.aes_ecb = aes_ecb

    def open(self, name: str) -> "Any":
        """Return the driver of a part, made anew; None when the board lacks the part. OSError when
        it does not answer; then it is None here, and in `faults`."""
        part = self._parts.get(name)
        if part is None:
            return None
        setattr(self, name, None)  # its memory is needed for the new one
        bus = part.get("bus")
        if bus and bus not in self._buses:
            wires = self._wires[bus]
            self._buses[bus] = _OPEN[wires["kind"]](wires)
        try:
            driver = load("firmware.drivers." + part["chip"]).from_board(
                part, self._buses.get(bus), self._product
            )
        except OSError:
            if name not in self.faults:
                self.faults.append(name)
            raise
        if name in self.faults:
            self.faults.remove(name)
        setattr(self, name, driver)
        return driver

    def part(self, name: str) -> "Any":
        """Return the driver of a part; bring_up() leaves some to be opened here. None when the
        board lacks it."""
        return getattr(self, name) or self.open(name)

    def again(self, name: str) -> "Any":
        """Clock the part's bus free, as a chip may hold it, and make its driver anew, as open()
        does. OSError also when the board lacks the part."""
        part = self._parts.get(name)
        if part is None:
            raise OSError("no " + name)
        self._buses.pop(part.get("bus"), None)
        return self.open(name)

    def doze(self) -> None:
        """Spare the cell while a button that is held down, or hangs, keeps the power on against the
        latch: sleep until it is up or the cable gives power. Whether that does, a board without a
        sense pin cannot tell; it does not sleep."""
        while (
            self.button is not None
            and self.usb is not None
            and self.button.pin.value() == 0
            and not self.usb.present()
        ):
            machine.lightsleep(_DOZE_MS)

    def selftest(self, parts: tuple) -> dict:
        """Return {part: works} for those of the named parts that can be tested."""
        from firmware.drivers.selftest import selftest

        for name in _LATER:
            self.part(name)
        return selftest(self, parts)


def _free_bus(sda: int, scl: int) -> None:
    """Clock the bus free when a chip holds the data line low: a transfer was cut short, as by a
    reset of this board, through which the clock chip keeps running (DS3231 data sheet, "I2C
    Interface"). Nine pulses are enough for any chip that works (UM10204, 3.1.16).
    """
    data = machine.Pin(sda, machine.Pin.IN, machine.Pin.PULL_UP)
    clock = None
    for _ in range(9):
        if data.value():
            return
        if clock is None:
            clock = machine.Pin(scl, machine.Pin.OPEN_DRAIN, value=1)
        clock.value(0)
        time.sleep_us(10)
        clock.value(1)
        time.sleep_us(10)


def _open_i2c(bus: dict) -> machine.I2C:
    _free_bus(bus["sda"], bus["scl"])
    return machine.I2C(
        bus["id"], sda=machine.Pin(bus["sda"]), scl=machine.Pin(bus["scl"]), freq=bus["frequency"]
    )


def _open_spi(bus: dict) -> machine.SPI:
    return machine.SPI(
        bus["id"],
        bus["frequency"],
        polarity=0,
        phase=0,
        sck=machine.Pin(bus["sck"]),
        mosi=machine.Pin(bus["mosi"]),
    )


def _open_i2s(bus: dict) -> dict:
    """Return the bus's data: the driver opens the bus itself."""
    return bus


_OPEN = {"i2c": _open_i2c, "spi": _open_spi, "i2s": _open_i2s}


def bring_up(board: dict, product: dict) -> Hardware:
    """Return the product's parts as the board wires them. The latch comes first: until it holds,
    the power lasts only while the button is down."""
    hardware = Hardware(board, product)
    for name in ("latch", "button") + product["parts"]:
        if getattr(hardware, name) is None and name not in _LATER:
            try:
                hardware.open(name)
            except OSError:
                pass  # in `faults`, and the App tries again
    return hardware
