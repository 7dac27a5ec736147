"""What a token takes of its cell while it is used: charge by part, from what the emulated parts do
and the currents of datasheet.py. Milliampere-seconds at the cell's terminals, at CELL_NOMINAL.

The emulated clock stands still while the VM computes. So what a real processor computes, half a
second from a press to its code, is not in these figures.
"""

from collections import defaultdict
from typing import Any

from emulator import datasheet, supply
from emulator.board import Board
from emulator.mcu.mcu import OFF, Mcu
from emulator.sound import Sound

_US = 1_000_000
_HOUR, _DAY, _MONTH, _YEAR = 3600, 86_400, 365.25 * 86_400 / 12, 365.25 * 86_400  # seconds
# Current of the cell while the token is off, mA: what Q1 and Q2 let through, and the cell's own.
STANDING = {
    "latch": datasheet.LATCH_LEAK,
    "cell": datasheet.CELL_PROTECTION
    + datasheet.CELL_CAPACITY * _HOUR * datasheet.CELL_SELF_DISCHARGE / _MONTH,
}


class ChargeMeter:
    """Counts from its making until `read()`, while the token has no cable."""

    def __init__(self, board: Board, mcu: Mcu) -> None:
        """Watch a board; its clock has one meter at a time."""
        self._board, self._mcu = board, mcu
        self._charge: defaultdict[str, float] = defaultdict(float)
        self.on_s = 0.0  # seconds with power
        self._began = board.clock.now
        self._clocks = {number: bus.clocks for number, bus in board.i2c_buses.items()}
        self._lines = getattr(board.parts["display"], "written", 0)
        board.clock.passing = self._pass

    def read(self) -> dict[str, float]:
        """Give the charge by part, and stop. What the amplifier let through and the buses carried
        is added now: their chips keep it."""
        board = self._board
        board.clock.passing = None
        for number, bus in board.i2c_buses.items():
            self._charge["bus"] += self._bus(number, bus.clocks - self._clocks[number])
        lines = getattr(board.parts["display"], "written", 0) - self._lines
        self._charge["display"] += self._from_rail(_lcd(lines * datasheet.MEMORY_LCD_LINE_MJ))
        if "amplifier" in board.parts:
            self._charge["amplifier"] += self._spoken()
        return {part: charge for part, charge in self._charge.items() if charge}

    def _pass(self, begin: int, end: int) -> None:
        board = self._board
        if self._mcu.state == OFF or board.usb:
            return
        seconds = (end - begin) / _US
        self.on_s += seconds
        for part, current in self._on_rail().items():
            self._charge[part] += self._from_rail(current) * seconds
        for part, current in self._on_vsys().items():
            self._charge[part] += current * seconds

    def _on_rail(self) -> dict[str, float]:
        board, mcu = self._board, self._mcu
        figures = datasheet.MCUS[board.mcu]
        current = figures.computing if mcu.computing else figures.waiting
        if not mcu.computing and mcu.light_sleep:
            current = figures.sleeping
        return {
            "mcu": current,
            "display": _display(board.parts["display"]),
            "clock": datasheet.CLOCK_POWERED,
            "board": datasheet.BOARDS[board.name][0],
        }

    def _on_vsys(self) -> dict[str, float]:
        board = self._board
        vsys = supply.vsys(datasheet.CELL_NOMINAL, 0)
        own = datasheet.REGULATORS[board.name].own + vsys / datasheet.DIVIDER
        currents = {"board": own}
        if "amplifier" in board.parts:
            on = board.parts["amplifier"].on
            currents["amplifier"] = datasheet.AMPLIFIER_ON if on else datasheet.AMPLIFIER_OFF
        if "audio" in board.parts:
            currents["headphones"] = datasheet.HEADPHONES
        return currents

    def _from_rail(self, current: float) -> float:
        """Give the cell's current (or charge) for one on the rail."""
        regulator = datasheet.REGULATORS[self._board.name]
        if regulator.resistance is not None:
            return current
        vsys = supply.vsys(datasheet.CELL_NOMINAL, 0)
        return current * datasheet.RAIL / (regulator.efficiency * vsys)

    def _bus(self, number: int, clocks: int) -> float:
        """Give the charge of a bus's pull-ups: each of the two lines is low half of the time."""
        seconds = clocks / self._board.buses["i2c", number]["frequency"]
        return self._from_rail(datasheet.RAIL / datasheet.PULL_UP * seconds)

    def _spoken(self) -> float:
        """Give the charge of what the loudspeaker was sent, up to the supply's voltage."""
        vsys = supply.vsys(datasheet.CELL_NOMINAL, 0) / 1000
        clock = self._board.clock
        heard = Sound(self._board).heard(self._began / _US, clock.now / _US)
        most = vsys**2
        scale = (datasheet.AMPLIFIER_FULL_SCALE_V / 32_768) ** 2
        squares = sum(min(sample * sample * scale, most) for sample in heard.speaker)
        watts = squares / datasheet.SPEAKER / heard.rate  # times seconds
        return watts / (datasheet.AMPLIFIER_EFFICIENCY * vsys) * 1000


def _display(display: Any) -> float:
    if hasattr(display, "dots"):
        if not display.lit:
            return datasheet.DISPLAY_DARK
        return datasheet.lit_display(display.dots, display.contrast)
    return datasheet.MEMORY_LCD_CONVERTER + (
        _lcd(datasheet.MEMORY_LCD_STILL_MW) if display.on else 0.0
    )


def _lcd(milliwatts: float) -> float:
    """Give the memory LCD's current (charge) on the rail for its power (energy)."""
    return milliwatts / datasheet.MEMORY_LCD_CONVERTER_EFFICIENCY / (datasheet.RAIL / 1000)


def life(press: dict[str, float], presses_a_day: float) -> float:
    """Give the years from a full cell to the warning, with that charge a press."""
    a_day = sum(press.values()) * presses_a_day + sum(STANDING.values()) * _DAY
    usable = datasheet.CELL_CAPACITY * _HOUR * datasheet.CELL_UNTIL_WARNING
    return usable / a_day * _DAY / _YEAR


def backup_life(microamperes: float) -> float:
    """Give the years that the clock chip's own cell lasts."""
    return datasheet.BACKUP_CAPACITY * 1000 / microamperes * _HOUR / _YEAR
