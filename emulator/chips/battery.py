"""One lithium cell behind a divider on an ADC pin, and what becomes of the chips that it feeds.
Millivolts, milliamperes, milliohms.

Below the lowest supply of the microcontroller (emulator/datasheet.py) everything is off until the
next press; below that of another chip, that one does not answer. On the cable the cell is not
needed.
"""

from typing import Any

from emulator import supply
from emulator.datasheet import CHIPS


class Battery:
    """`millivolts` is the cell's open-circuit voltage; with `milliohms`, at first 0, its voltage
    falls under load."""

    def __init__(self, part: dict[str, Any], board: Any) -> None:
        """On ADC pin `part["pin"]`, divided by `part["ratio"]`, against `part["reference_mv"]`."""
        self._millivolts, self._milliohms = 3900, 0
        self._board = board
        self._full_scale: int = part["ratio"] * part["reference_mv"]
        board.adc[part["pin"]] = self

    @property
    def millivolts(self) -> int:
        """Give the open-circuit voltage."""
        return self._millivolts

    @millivolts.setter
    def millivolts(self, millivolts: int) -> None:
        self._millivolts = millivolts
        if "charger" in self._board.parts:
            self._board.parts["charger"].cell_changed(millivolts)
        self.load_changed()

    @property
    def milliohms(self) -> int:
        """Give the resistance of cell and protection."""
        return self._milliohms

    @milliohms.setter
    def milliohms(self, milliohms: int) -> None:
        self._milliohms = milliohms
        self.load_changed()

    def read_u16(self) -> int:
        """Give the ADC's reading: 12 bits, scaled to 16 as by MicroPython on the RP2040."""
        raw = min(4095, self._terminal(self._board.working()) * 4096 // self._full_scale)
        return raw << 4 | raw >> 8

    def feeds(self, chips: set[str]) -> set[str]:
        """Give those of the chips (names of emulator.datasheet) that work when all of them draw
        current."""
        if self._board.usb:
            return chips
        return chips - supply.stopped(self._board.name, self._terminal(chips), chips)

    def _terminal(self, chips: set[str]) -> int:
        if self._board.usb:
            return self._millivolts
        current = sum(CHIPS[chip].current for chip in chips)
        return self._millivolts - self._milliohms * current // 1000

    def load_changed(self) -> None:
        """Look what still works; called when a chip goes on or off."""
        self._board.clock.after(1, self._settle)  # not in the middle of switching it

    def _settle(self) -> None:
        board, chips = self._board, self._board.working()
        if board.mcu not in chips:
            return
        fed = self.feeds(chips)
        if board.mcu not in fed:
            board.parts["latch"].drop()
        for name, bus in board.i2c_of.items():
            bus.set_fed(board.parts[name], board.wired[name]["chip"] not in chips - fed)


CHIP = Battery
