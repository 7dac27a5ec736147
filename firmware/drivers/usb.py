"""USB power sense: a pin that is high while the cable feeds the board."""

from machine import Pin


def from_board(part: dict, bus: object, product: dict) -> "Usb":
    """Return the sense that the board data describes."""
    return Usb(part["pin"])


class Usb:
    """The sense pin."""

    def __init__(self, pin_number: int):
        """Open the pin."""
        self._pin = Pin(pin_number, Pin.IN)

    def present(self) -> bool:
        """Return True while the cable feeds the board."""
        return self._pin.value() == 1
