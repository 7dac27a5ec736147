"""The emulated circuit board: virtual clock, pins, buses, and a chip for each part in the board
file (`firmware/boards/*.py`)."""

from importlib import import_module
from random import Random
from typing import Any, Protocol

from emulator.clock import SimulationClock
from emulator.errors import PinFunctionError
from emulator.i2c_bus import Hold, I2cBus
from emulator.mcu.pins import Pins

# The entries of a board file that are pins.
_PINS = {"pin", "select", "enable", "rows", "columns", "sda", "scl", "sck", "mosi", "ws", "sd"}


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
        self.i2c_buses: dict[int, I2cBus] = {}
        self._on_bus: dict[tuple[str, int], list[Any]] = {}  # chips on SPI and I2S
        self.name: str = board_file["name"]
        self.mcu: str = board_file["mcu"]
        self.powered = False  # the supply of the MCU and its chips
        self.wired: dict[str, Any] = board_file["products"][product]
        # Buses that the firmware has set up on the pins they are wired to.
        self._connected: set[tuple[str, int]] = set()
        self._spi_clock: dict[int, tuple[int, int]] = {}  # SPI bus -> mode, hertz
        self._check_brought_out(board_file, product)
        self.parts: dict[str, Any] = {}
        for (kind, number), wires in self.buses.items():
            if kind == "i2c":
                self.i2c_buses[number] = I2cBus(wires["sda"], wires["scl"], self.pins, clock)
        self.i2c_of: dict[str, I2cBus] = {}  # by part
        self.bus_of: dict[str, tuple[str, int]] = {}  # kind and number, by part
        for name, part in self.wired.items():
            chip = import_module(f"emulator.chips.{part['chip']}").CHIP(part, self)
            self.parts[name] = chip
            if "bus" in part:
                bus = board_file["buses"][part["bus"]]
                self.bus_of[name] = bus["kind"], bus["id"]
            if "address" in part:
                self.i2c_of[name] = self.i2c_buses[self.bus_of[name][1]]
                self.i2c_of[name].chips[part["address"]] = chip
            elif "bus" in part:
                self._on_bus.setdefault(self.bus_of[name], []).append(chip)

    def _check_brought_out(self, board_file: dict[str, Any], product: str) -> None:
        """Check that wires can be put on the pins of the product's parts and their buses:
        PinFunctionError, which names the entry of the board file."""
        brought_out = import_module("firmware.mcus").brought_out
        buses = {part["bus"] for part in self.wired.values() if "bus" in part}
        entries: list[tuple[tuple[str, ...], dict[str, Any]]] = [
            *((("products", product, name), part) for name, part in self.wired.items()),
            *((("buses", name), board_file["buses"][name]) for name in sorted(buses)),
        ]
        for place, entry in entries:
            for name in _PINS & entry.keys():
                pins = entry[name] if isinstance(entry[name], tuple) else (entry[name],)
                for pin in pins:
                    if not brought_out(self.name, pin, place[-1]):
                        raise PinFunctionError(
                            f"{' / '.join((*place, name))}: the {board_file['title']} does not "
                            f"bring pin {pin} out. Mend firmware/boards/{self.name}.py."
                        )

    def random(self, what: str) -> Random:
        """Give a random source that depends only on the seed and on `what` it is for."""
        return Random(f"{self.seed} {what}")  # noqa: S311 - repeatable, nobody's secret

    def mcu_power(self, on: bool) -> None:
        """Switch the supply of the MCU and its chips, and tell the chips."""
        self._connected.clear()
        self.powered = on
        if not on:
            self.pins.reset()
        for bus in self.i2c_buses.values():
            bus.power(on)
        for chip in self.parts.values():
            if hasattr(chip, "mcu_power"):
                chip.mcu_power(on)
        self.load_changed()

    def working(self) -> set[str]:
        """Give the chips that take current from the cell now, as emulator.datasheet names them."""
        if not self.powered:
            return set()
        chips = {self.mcu, "ds3231"}
        if getattr(self.parts["display"], "lit", False):
            chips.add("ssd1306")
        if "amplifier" in self.parts and self.parts["amplifier"].on:
            chips.add("amplifier")
        return chips

    def load_changed(self) -> None:
        """Tell the cell that a chip has gone on or off."""
        if "battery" in self.parts:
            self.parts["battery"].load_changed()

    def can_power(self) -> bool:
        """Whether cable or cell can feed the microcontroller."""
        cell = self.parts.get("battery")
        return self.usb or cell is None or self.mcu in cell.feeds({self.mcu, "ds3231"})

    def set_usb(self, on: bool) -> None:
        """Switch the USB power, and tell the chips."""
        self.usb = on
        for chip in self.parts.values():
            if hasattr(chip, "usb_changed"):
                chip.usb_changed(on)
        self.load_changed()

    def connect(self, kind: str, bus: int, **pins: int) -> None:
        """Set a bus up on `pins`; on other pins than the wired ones no chip is reached.
        PinFunctionError for a pin that cannot be that line of that bus."""
        self._check_lines(kind, bus, pins)
        wired = self.buses.get((kind, bus))
        self._connected.discard((kind, bus))
        if wired and all(wired[line] == pin for line, pin in pins.items()):
            self._connected.add((kind, bus))

    def _check_lines(self, kind: str, bus: int, pins: dict[str, int]) -> None:
        of_kind = import_module("firmware.mcus").MCUS[self.mcu]["buses"].get(kind)
        if of_kind is None:  # any pin can be any line
            return
        named = f"{kind.upper()} {bus}"
        if bus not in of_kind:
            raise PinFunctionError(f"The {self.mcu} has no {named}. Mend the board file.")
        for line, possible in of_kind[bus].items():
            if pins[line] not in possible:
                raise PinFunctionError(
                    f"On the {self.mcu} pin {pins[line]} cannot be {line.upper()} of {named}: "
                    "MicroPython refuses it. Mend the board file."
                )

    def i2c(self, bus: int) -> I2cBus | None:
        """Give an I2C bus, None when the firmware has it on other pins, where no chip is."""
        return self.i2c_buses[bus] if ("i2c", bus) in self._connected else None

    def i2c_scan(self, bus: int) -> bytes:
        """Give the addresses that acknowledge, in ascending order."""
        wires = self.i2c(bus)
        return (
            b"" if wires is None else bytes(at for at in sorted(wires.chips) if wires.answers(at))
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
        self.i2c_of[name].chips.pop(self.wired[name]["address"], None)

    def attach(self, name: str, chip: str | None = None) -> None:
        """Put a part back on its I2C bus; with `chip` one of another kind in its place."""
        part = self.wired[name]
        if chip is not None:
            self.parts[name] = import_module(f"emulator.chips.{chip}").CHIP(part, self)
            self.parts[name].mcu_power(self.powered)
        self.i2c_of[name].chips[part["address"]] = self.parts[name]

    def hold_bus(self, name: str, phase: str, **details: Any) -> None:
        """Have a part hold its I2C bus low: `phase` and `details` as in emulator.i2c_bus.Hold."""
        self.i2c_of[name].hold(Hold(self.parts[name], phase, **details))

    def let_go(self) -> None:
        """End all that hold_bus() and answer_late() have begun."""
        for bus in self.i2c_buses.values():
            bus.let_go()

    def answer_late(self, name: str, seconds: float) -> None:
        """Have a part answer on its I2C bus only so long after each power-on."""
        self.i2c_of[name].answer_late(self.wired[name]["address"], round(seconds * 1_000_000))
