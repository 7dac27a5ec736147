"""The power latch: a pin that keeps the regulator on after the button, which first turned it on, is
let go."""

from machine import Pin


def from_board(part: dict, bus: object, product: dict) -> "Latch":
    """Return the latch that the board data describes."""
    return Latch(part["pin"])


class Latch:
    """High keeps the power on."""

    def __init__(self, pin_number: int):
        """Hold at once."""
        self._pin = Pin(pin_number, Pin.OUT, value=1)

    def hold(self) -> None:
        """Keep the power on."""
        self._pin.value(1)

    def release(self) -> None:
        """Let go: on battery this is the last statement that runs. On USB power the program goes
        on."""
        self._pin.value(0)
