"""The power latch: a pin that keeps the regulator on after the button, which turned it on, is
released."""

from machine import Pin


def from_board(part: dict, bus: object, product: dict) -> "Latch":
    """Return the latch that the board data describes."""
    return Latch(part["pin"])


class Latch:
    """A power latch; high keeps the power on."""

    def __init__(self, pin_number: int):
        """Open the pin and keep the power on."""
        self._pin = Pin(pin_number, Pin.OUT, value=1)

    def hold(self) -> None:
        """Keep the power on."""
        self._pin.value(1)

    def release(self) -> None:
        """Turn the power off.

        On battery no later statement runs; on USB power the program continues.
        """
        self._pin.value(0)
