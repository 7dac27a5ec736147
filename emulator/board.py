"""The emulated circuit board: virtual clock, pins, buses, and a chip for each part in the board
file (`firmware/boards/*.py`)."""

from importlib import import_module
from random import Random
from typing import Any, Protocol

from emulator.clock import SimulationClock
from emulator.errors import PinFunctionError
from emulator.mcu.pins import Pins


class I2cChip(Protocol):
    """A chip on an I2C bus."""

    def write(self, data: bytes) -> None:
        """Take the bytes of one write message, without the address."""

    def read(self, count: int) -> bytes:
        """Give the bytes of one read message."""


class SpiChip(Protocol):
    """A chip on an SPI bus; it watches its own select pin."""

    def spi_write(self, data: bytes, mode: int, hertz: int) -> None:
        """Take bytes from the bus; a chip that is not selected ignores them."""


class Board:
    """Everything around the MCU. `parts` holds the chips by their name in the board file.

    A chip may have the methods `mcu_power(on)` and `usb_changed(on)`; they are called when the
    MCU's supply or the USB power comes or goes.
    """

    def __init__(
        self, board_file: dict[str, Any], product: str, clock: SimulationClock, seed: int
    ) -> None:
        """Make and connect the parts that `board_file` lists for `product`."""
        self.clock, self.seed = clock, seed
        self.pins = Pins()
        self.usb = False  # USB power
        # Keys: kind and number, as the firmware names them.
        self.buses: dict[tuple[str, int], dict[str, Any]] = {
            (bus["kind"], bus["id"]): bus for bus in board_file["buses"].values()
        }
        self.adc: dict[int, Any] = {}
        self._i2c: dict[tuple[int, int], I2cChip] = {}
        self._on_bus: dict[tuple[str, int], list[Any]] = {}  # chips on SPI and I2S
        self._mcu: str = board_file["mcu"]
        # Buses that the firmware has set up on the pins they are wired to.
        self._connected: set[tuple[str, int]] = set()
        self._spi_clock: dict[int, tuple[int, int]] = {}  # SPI bus -> mode, hertz
        self.parts: dict[str, Any] = {}
        for (kind, _), wires in self.buses.items():
            if kind == "i2c":
                self.pins.drive(wires["sda"], 1)  # pull-up resistors on the modules
                self.pins.drive(wires["scl"], 1)
        for name, part in board_file["products"][product].items():
            chip = import_module(f"emulator.chips.{part['chip']}").CHIP(part, self)
            self.parts[name] = chip
            if "address" in part:
                self._i2c[board_file["buses"][part["bus"]]["id"], part["address"]] = chip
            elif "bus" in part:
                bus = board_file["buses"][part["bus"]]
                self._on_bus.setdefault((bus["kind"], bus["id"]), []).append(chip)

    def random(self, what: str) -> Random:
        """Give a random source that depends only on the seed and on `what` it is for."""
        return Random(f"{self.seed} {what}")  # noqa: S311 - repeatable, nobody's secret

    def mcu_power(self, on: bool) -> None:
        """Switch the supply of the MCU and its chips, and tell the chips."""
        self._connected.clear()
        if not on:
            self.pins.reset()
        for chip in self.parts.values():
            if hasattr(chip, "mcu_power"):
                chip.mcu_power(on)

    def set_usb(self, on: bool) -> None:
        """Switch the USB power, and tell the chips."""
        self.usb = on
        for chip in self.parts.values():
            if hasattr(chip, "usb_changed"):
                chip.usb_changed(on)

    def connect(self, kind: str, bus: int, **pins: int) -> None:
        """Set a bus up on `pins`; on other pins than the wired ones no chip is reached.
        PinFunctionError for a pin that cannot be that line of that bus."""
        self._check_lines(kind, bus, pins)
        wired = self.buses.get((kind, bus))
        self._connected.discard((kind, bus))
        if wired and all(wired[line] == pin for line, pin in pins.items()):
            self._connected.add((kind, bus))

    def _check_lines(self, kind: str, bus: int, pins: dict[str, int]) -> None:
        of_kind = import_module("firmware.mcus").MCUS[self._mcu]["buses"].get(kind)
        if of_kind is None:  # any pin can be any line
            return
        named = f"{kind.upper()} {bus}"
        if bus not in of_kind:
            raise PinFunctionError(f"The {self._mcu} has no {named}. Mend the board file.")
        for line, possible in of_kind[bus].items():
            if pins[line] not in possible:
                raise PinFunctionError(
                    f"On the {self._mcu} pin {pins[line]} cannot be {line.upper()} of {named}: "
                    "MicroPython refuses it. Mend the board file."
                )

    def i2c(self, bus: int, address: int) -> I2cChip | None:
        """Give the chip that acknowledges `address`, None when there is none."""
        return self._i2c.get((bus, address)) if ("i2c", bus) in self._connected else None

    def i2c_scan(self, bus: int) -> bytes:
        """Give the addresses that acknowledge, in ascending order."""
        return bytes(
            sorted(
                address for number, address in self._i2c if self.i2c(bus, address) and number == bus
            )
        )

    def spi_clock(self, bus: int, mode: int, hertz: int) -> None:
        """Set an SPI bus's mode (0 to 3) and clock frequency."""
        self._spi_clock[bus] = mode, hertz

    def spi_write(self, bus: int, data: bytes) -> None:
        """Send bytes from the MCU to all chips on an SPI bus."""
        for chip in self._listeners("spi", bus):
            chip.spi_write(data, *self._spi_clock[bus])

    def i2s_sink(self, bus: int) -> Any:
        """Give the chip that receives from an I2S bus, None when there is none."""
        return next(iter(self._listeners("i2s", bus)), None)

    def _listeners(self, kind: str, bus: int) -> list[Any]:
        return self._on_bus.get((kind, bus), []) if (kind, bus) in self._connected else []

    def detach(self, name: str) -> None:
        """Remove a part from its I2C bus, as if it were missing or broken."""
        self._i2c = {at: chip for at, chip in self._i2c.items() if chip is not self.parts[name]}
