"""The headset's 3.5 mm jack. Its switch pulls the pin to ground while no plug is in.

A change is reported in two ways. The interrupt handler calls `on_edge(plugged)` at every edge,
bounces included, for what must be immediate (silencing the loudspeaker). `read()` returns (plugged,
ticks) once the contact is at rest, as for a button.
"""

from firmware.drivers.button import Button

if False:
    from firmware.interfaces import Pin  # type: ignore[unreachable]


def from_board(part: dict, bus: object, product: dict) -> "Jack":
    """Return the jack that the board data describes."""
    return Jack(part["pin"], product["debounce_ms"])


class Jack(Button):
    """A headset jack; `down`, inherited from Button, means plugged."""

    def __init__(self, pin_number: int, debounce_ms: int):
        """Start to listen."""
        self.on_edge: object = None  # None, or a function of one boolean; it must not allocate
        Button.__init__(self, pin_number, debounce_ms, 1)

    @property
    def plugged(self) -> bool:
        """Return True while the switch, not debounced, says that a plug is in."""
        return self.pin.value() == 1

    def _edge(self, pin: "Pin") -> None:
        """Record an edge and report it. Interrupt handler."""
        Button._edge(self, pin)
        if callable(self.on_edge):
            self.on_edge(pin.value() == 1)
