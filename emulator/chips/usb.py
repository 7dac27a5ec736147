"""The VBUS sense pin: high while the cable gives power."""

from typing import Any


class Usb:
    """On `part["pin"]`."""

    def __init__(self, part: dict[str, Any], board: Any) -> None:
        """Without a cable a divider pulls the pin low."""
        self._pin, self._board = part["pin"], board
        board.pins.drive(self._pin, 0)

    def usb_changed(self, on: bool) -> None:
        """Drive the pin high when USB power comes and low when it goes."""
        self._board.pins.drive(self._pin, int(on))


CHIP = Usb
