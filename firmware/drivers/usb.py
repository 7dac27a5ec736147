"""USB power sense: a pin that is high while the USB cable powers the board."""

from firmware.drivers.button import Button


def from_board(part: dict, bus: object, product: dict) -> "Usb":
    """Return the sense pin that the board data describes."""
    return Usb(part["pin"], product["debounce_ms"])


class Usb(Button):
    """A USB power sense pin, on a divider of the board; `down`, inherited from Button, means
    powered."""

    def __init__(self, pin_number: int, debounce_ms: int):
        """Start to listen."""
        Button.__init__(self, pin_number, debounce_ms, 1, None)

    def present(self) -> bool:
        """Return True while the USB cable powers the board."""
        return self.pin.value() == 1
