"""Charger of the cell, a Microchip MCP73832-2ACI (data sheet DS20001984) on the cable's supply. Its
STAT, open drain, is low while it charges (table 5-1).

It charges from the moment the cable comes until the cell has the regulated voltage, and again when
the cell has fallen to the recharge threshold. The cell's voltage is what whoever plays has set.
"""

from typing import Any

from emulator.datasheet import CHARGED, RECHARGED


class Charger:
    """On `part["pin"]`; the pull-up is the microcontroller's."""

    def __init__(self, part: dict[str, Any], board: Any) -> None:
        """Nothing is charged before the cable comes."""
        self._pin, self._board = part["pin"], board
        self.charging = False

    def usb_changed(self, on: bool) -> None:
        """Begin a charge cycle with the cable, and end it."""
        self._set(on and self._board.parts["battery"].millivolts < CHARGED)

    def cell_changed(self, millivolts: int) -> None:
        """Look whether the cell is full now, or no more."""
        if self._board.usb:
            self._set(millivolts < (CHARGED if self.charging else RECHARGED))

    def remove(self) -> None:
        """Take the charger off the board: nothing is connected."""
        self._set(False)
        self._board.parts.pop("charger")

    def _set(self, charging: bool) -> None:
        self.charging = charging
        self._board.pins.drive(self._pin, 0 if charging else None)


CHIP = Charger
