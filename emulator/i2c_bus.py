"""An I2C bus: its chips by address, and chips that hold a line of it low or answer late.

What the microcontroller sees of a line that is held follows MicroPython's ports/rp2/machine_i2c.c
and the Pico SDK's hardware_i2c/i2c.c. Its own bit that reads back as 0 is a lost arbitration, which
ends the transfer with EIO. A bus that does not become free ends it with ETIMEDOUT after 50 ms. But
reading does not wait for the stop condition: what a chip no longer sends reads as zeros, and
nothing says so before the next transfer.
"""

from errno import EIO, ETIMEDOUT
from typing import Any, NamedTuple, Protocol

from emulator.clock import SimulationClock
from emulator.mcu.pins import Pins

TIMEOUT_US = 50_000  # of a transfer, machine.I2C's default
PHASES = ("address", "register", "data")


class I2cChip(Protocol):
    """A chip on an I2C bus."""

    def write(self, data: bytes) -> None:
        """Take the bytes of one write message, without the address."""

    def read(self, count: int) -> bytes:
        """Give the bytes of one read message."""


class Hold(NamedTuple):
    """What a chip will do in the `after`-th transfer from now (0: the next) that reaches the phase:
    hold `line` low from there on, until it has seen `clocks` pulses (None: for good).

    `passed` are the bytes of the data phase that get through before, None for half of them.
    """

    chip: Any
    phase: str
    line: str = "sda"
    clocks: int | None = 9
    after: int = 0
    passed: int | None = None


class I2cBus:
    """The bus on the pins `sda` and `scl`. Times in microseconds."""

    def __init__(self, sda: int, scl: int, pins: Pins, clock: SimulationClock) -> None:
        """Start with the lines pulled up by the modules' resistors, and no chip."""
        self.chips: dict[int, I2cChip] = {}
        self._lines, self._pins, self._clock = {"sda": sda, "scl": scl}, pins, clock
        self._coming: Hold | None = None
        self._held: Hold | None = None
        self._pulses = 0
        self._latency: dict[int, int] = {}  # address -> time after power-on before it answers
        self._powered_at = 0
        self._unfed: list[I2cChip] = []
        self.clocks = 0  # clock pulses of all transfers so far
        for pin in (sda, scl):
            pins.drive(pin, 1)
        pins.watch(scl, self._clocked)

    @property
    def faulty(self) -> bool:
        """Whether a transfer can end otherwise than the last one to that chip."""
        return bool(self._coming or self._held or self._latency or self._unfed)

    @property
    def held(self) -> bool:
        """Whether a chip holds a line now."""
        return self._held is not None

    def hold(self, fault: Hold) -> None:
        """Have a chip hold a line, see Hold. ValueError for a phase or a line that there is not."""
        if fault.phase not in PHASES or fault.line not in self._lines:
            raise ValueError(f"A chip holds sda or scl in {', '.join(PHASES)}: {fault}.")
        self._coming = fault

    def let_go(self) -> None:
        """End every fault."""
        self._coming = None
        self._latency.clear()
        self._release()

    def answer_late(self, address: int, microseconds: int) -> None:
        """Have the chip acknowledge only so long after each power-on."""
        self._latency[address] = microseconds

    def set_fed(self, chip: I2cChip, fed: bool) -> None:
        """Say whether a chip has the supply that it needs to answer."""
        if chip in self._unfed:
            self._unfed.remove(chip)
        if not fed:
            self._unfed.append(chip)

    def power(self, on: bool) -> None:
        """Switch the chips' supply: a chip without power lets go, unless it is broken for good."""
        self._powered_at = self._clock.now
        if not on and self._held is not None and self._held.clocks is not None:
            self._release()

    def answers(self, address: int) -> bool:
        """Whether a chip would acknowledge the address."""
        late = self._clock.now - self._powered_at < self._latency.get(address, 0)
        fed = self.chips.get(address) not in self._unfed
        return address in self.chips and fed and not late and self._held is None

    def transfer(self, address: int, data: bytes, count: int) -> bytes:
        """Write `data`, read `count` bytes; give those. OSError as MicroPython would raise it."""
        self.clocks += 9 * (1 + len(data) + (count + 1 if count else 0))
        if self._held is not None:
            self._time_out()
        if not self.answers(address):
            raise OSError(EIO, "no chip acknowledges")
        chip = self.chips[address]
        fault = self._coming
        if fault is not None and fault.chip is chip and _reached(fault.phase, data, count):
            if fault.after == 0:
                self._coming = None
                return self._cut_short(fault, data, count)
            self._coming = fault._replace(after=fault.after - 1)
        if data or not count:
            chip.write(data)
        return chip.read(count) if count else b""

    def _cut_short(self, fault: Hold, data: bytes, count: int) -> bytes:
        """Do the transfer up to where the fault comes."""
        chip: I2cChip = fault.chip
        got = b""
        if fault.phase == "address":
            left = data
        elif fault.phase == "register":
            chip.write(data[:1])
            left = data[1:]
        elif count:
            if data:
                chip.write(data)
            passed = min(count, count // 2 if fault.passed is None else fault.passed)
            got, left = chip.read(count)[:passed], b""
        else:
            passed = len(data) // 2 if fault.passed is None else fault.passed
            chip.write(data[: 1 + passed])
            left = data[1 + passed :]
        self._held, self._pulses = fault, 0
        self._pins.drive(self._lines[fault.line], 0)
        if fault.line == "scl":
            self._time_out()
        if any(left):
            raise OSError(EIO, "arbitration lost")
        if not count or fault.phase != "data":
            self._time_out()
        return got + bytes(count - len(got))

    def _time_out(self) -> None:
        self._clock.run_to(self._clock.now + TIMEOUT_US)
        raise OSError(ETIMEDOUT, "the bus is held")

    def _clocked(self, level: int) -> None:
        """Count the pulses that the microcontroller gives by hand."""
        held = self._held
        if held is not None and level and held.line == "sda":
            self._pulses += 1
            if held.clocks is not None and self._pulses >= held.clocks:
                self._release()

    def _release(self) -> None:
        if self._held is not None:
            line, self._held = self._lines[self._held.line], None
            self._pins.drive(line, 1)


def _reached(phase: str, data: bytes, count: int) -> bool:
    """Whether a transfer has that phase: a register or control byte, or bytes after it."""
    return {"address": True, "register": bool(data), "data": bool(count) or len(data) > 1}[phase]
