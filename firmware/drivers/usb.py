"""USB power sense: a pin that is high while the USB cable powers the board."""

from machine import Pin


def from_board(part: dict, bus: object, product: dict) -> "Usb":
    """Return the sense pin that the board data describes."""
    return Usb(part["pin"])


class Usb:
    """A USB power sense pin."""

    def __init__(self, pin_number: int):
        """Open the pin."""
        self._pin = Pin(pin_number, Pin.IN)

    def present(self) -> bool:
        """Return True while the USB cable powers the board."""
        return self._pin.value() == 1
