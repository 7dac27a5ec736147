"""Charge status: the STAT pin of a Microchip MCP73832 (data sheet DS20001984, table 5-1), open
drain, low while it charges the cell.

A charger is optional: where nothing is connected, the pull-up says that nothing is charged.
"""

from machine import Pin


def from_board(part: dict, bus: object, product: dict) -> "Charger":
    """Return the status pin that the board data describes."""
    return Charger(part["pin"])


class Charger:
    """A charger, as far as its status pin tells."""

    def __init__(self, pin_number: int):
        """Open the pin."""
        self.pin = Pin(pin_number, Pin.IN, Pin.PULL_UP)

    def charging(self) -> bool:
        """Return True while the cell is charged."""
        return self.pin.value() == 0
