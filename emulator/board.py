"""What sits on the board: the clock, the pins, the buses, and a chip for every part of the board
file."""

from importlib import import_module
from random import Random
from typing import Any, Protocol

from emulator.clock import Clock
from emulator.mcu.pins import Pins


class I2cChip(Protocol):
    """A chip on an I2C bus, seen from the bus."""

    def write(self, data: bytes) -> None:
        """The bytes of one write message, after the address."""

    def read(self, count: int) -> bytes:
        """The bytes of one read message."""


class SpiChip(Protocol):
    """A chip on an SPI bus, seen from the bus; it watches its own select pin."""

    def spi_write(self, data: bytes, mode: int, hertz: int) -> None:
        """Bytes that go over the bus, for whichever chip is selected."""


class Bench:
    """Everything around the MCU. `mcu_power(on)` and `usb_changed()` tell the chips; parts are
    found by their name."""

    def __init__(self, board: dict[str, Any], product: str, clock: Clock, seed: int) -> None:
        """Wire the parts that the board file names for `product`."""
        self.clock, self.seed = clock, seed
        self.pins = Pins()
        self.usb = False  # whether the cable is in and gives power
        # By kind and number, as the firmware names them.
        self.buses: dict[tuple[str, int], dict[str, Any]] = {
            (bus["kind"], bus["id"]): bus for bus in board["buses"].values()
        }
        self.adc: dict[int, Any] = {}
        self._i2c: dict[tuple[int, int], I2cChip] = {}
        self._on_bus: dict[tuple[str, int], list[Any]] = {}  # the chips of the other buses
        self._connected: set[tuple[str, int]] = (
            set()
        )  # buses that the firmware set up on the right pins
        self._spi_clock: dict[int, tuple[int, int]] = {}  # SPI bus -> mode, hertz
        self.parts: dict[str, Any] = {}
        for (kind, _), wires in self.buses.items():
            if kind == "i2c":
                self.pins.drive(wires["sda"], 1)  # the resistors on the modules
                self.pins.drive(wires["scl"], 1)
        for name, part in board["products"][product].items():
            chip = import_module(f"emulator.chips.{part['chip']}").CHIP(part, self)
            self.parts[name] = chip
            if "address" in part:
                self._i2c[board["buses"][part["bus"]]["id"], part["address"]] = chip
            elif "bus" in part:
                bus = board["buses"][part["bus"]]
                self._on_bus.setdefault((bus["kind"], bus["id"]), []).append(chip)

    def random(self, what: str) -> Random:
        """A random source that depends on the seed and on `what` it is for, and on nothing else."""
        return Random(f"{self.seed} {what}")  # noqa: S311 - repeatable, nobody's secret

    def mcu_power(self, on: bool) -> None:
        """The MCU's supply, which also feeds the chips, came or went."""
        self._connected.clear()
        if not on:
            self.pins.reset()
        for chip in self.parts.values():
            if hasattr(chip, "mcu_power"):
                chip.mcu_power(on)

    def set_usb(self, on: bool) -> None:
        """The USB cable gives power, or no more."""
        self.usb = on
        for chip in self.parts.values():
            if hasattr(chip, "usb_changed"):
                chip.usb_changed(on)

    def connect(self, kind: str, bus: int, **pins: int) -> None:
        """The firmware sets a bus up; on pins other than the wired ones nobody will answer or
        hear."""
        wired = self.buses.get((kind, bus))
        self._connected.discard((kind, bus))
        if wired and all(wired[line] == pin for line, pin in pins.items()):
            self._connected.add((kind, bus))

    def i2c(self, bus: int, address: int) -> I2cChip | None:
        """The chip that acknowledges, None when nobody does."""
        return self._i2c.get((bus, address)) if ("i2c", bus) in self._connected else None

    def i2c_scan(self, bus: int) -> bytes:
        """The addresses that acknowledge."""
        return bytes(
            sorted(
                address for number, address in self._i2c if self.i2c(bus, address) and number == bus
            )
        )

    def spi_clock(self, bus: int, mode: int, hertz: int) -> None:
        """How the firmware clocks an SPI bus."""
        self._spi_clock[bus] = mode, hertz

    def spi_write(self, bus: int, data: bytes) -> None:
        """Bytes from the MCU on an SPI bus."""
        for chip in self._listeners("spi", bus):
            chip.spi_write(data, *self._spi_clock[bus])

    def i2s_sink(self, bus: int) -> Any:
        """What hears the I2S bus, None when nothing does."""
        return next(iter(self._listeners("i2s", bus)), None)

    def _listeners(self, kind: str, bus: int) -> list[Any]:
        return self._on_bus.get((kind, bus), []) if (kind, bus) in self._connected else []

    def detach(self, name: str) -> None:
        """Take a part off its bus, as if it were not soldered or had died."""
        self._i2c = {
            place: chip for place, chip in self._i2c.items() if chip is not self.parts[name]
        }
