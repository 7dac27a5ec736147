"""The power latch: button or cable switch the supply on, the MCU holds it, a capacitor helps.

Power stays on while the hold pin is high, the button is down or USB gives power, and HOLD_UP_US
after the last of them ended through the button or the cable. When the firmware itself drops the
pin, power goes at once. An empty cell cannot be switched on.
"""

from collections.abc import Callable
from typing import Any

HOLD_UP_US = 500_000


class Latch:
    """`on_power(bool)` is called when the supply is switched."""

    def __init__(self, part: dict[str, Any], board: Any) -> None:
        """Off."""
        self._board = board
        self.on_power: Callable[[bool], None] = lambda on: None
        self.powered = False
        self._held = self._button = False
        self._hold_up: Any = None
        board.pins.watch(part["pin"], self._pin_changed)

    def button_changed(self, pressed: bool) -> None:
        """Act on the button: pressed, the supply is switched on; released with nothing else holding
        it, it goes off after HOLD_UP_US."""
        self._button = pressed
        self._settle(hold_up=not pressed)

    def usb_changed(self, on: bool) -> None:
        """Act on USB power: when it comes, the supply is switched on; when it goes with nothing
        else holding it, it goes off after HOLD_UP_US."""
        self._settle(hold_up=not on)

    def drop(self) -> None:
        """Switch the supply off at once."""
        if self._hold_up is not None:
            self._hold_up.cancel()
        self._hold_up = None
        self._switch(False)

    def _pin_changed(self, level: int) -> None:
        self._held = bool(level)
        if self.powered:
            self._settle(hold_up=False)

    def _settle(self, hold_up: bool) -> None:
        if self._held or self._button or self._board.usb:
            if self._hold_up is not None:
                self._hold_up.cancel()
            self._hold_up = None
            self._switch(True)
        elif self._hold_up is None:
            if self.powered and hold_up:
                self._hold_up = self._board.clock.after(HOLD_UP_US, self.drop)
            else:
                self._switch(False)

    def _switch(self, on: bool) -> None:
        if on != self.powered and (not on or self._board.can_power()):
            self.powered = on
            self.on_power(on)


CHIP = Latch
