"""The headset's 3.5 mm jack. Its switch pulls the pin to ground while no plug is in.

Two ways to hear of a plug: `on_edge(plugged)` is called by the interrupt handler whenever the
contact moves, for what cannot wait (silencing the loudspeaker), and so also with the wrong value
while it bounces; `read()` gives (plugged, ticks) once the contact is at rest, as a button does.
"""

from firmware.drivers.button import Button

if False:
    from firmware.interfaces import Pin  # type: ignore[unreachable]


def from_board(part: dict, bus: object, product: dict) -> "Jack":
    """Return the jack that the board data describes."""
    return Jack(part["pin"], product["debounce_ms"])


class Jack(Button):
    """The jack. `down`, as a button has it, means plugged."""

    def __init__(self, pin_number: int, debounce_ms: int):
        """Start to listen."""
        self.on_edge: object = None  # or a function of one boolean, which must allocate nothing
        Button.__init__(self, pin_number, debounce_ms, 1)

    @property
    def plugged(self) -> bool:
        """What the contact says at this moment."""
        return self.pin.value() == 1

    def _edge(self, pin: "Pin") -> None:
        """Interrupt handler."""
        Button._edge(self, pin)
        if callable(self.on_edge):
            self.on_edge(pin.value() == 1)
