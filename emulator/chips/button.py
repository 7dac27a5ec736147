"""A push button to ground with bouncing contacts. Times in microseconds."""

from typing import Any

# (time, whether the contact has its new state): a tactile switch that bounces much, for 3 ms.
BOUNCE = ((0, 1), (350, 0), (700, 1), (1500, 0), (1600, 1), (2700, 0), (2900, 1))


class Button:
    """`press()` and `release()` take effect after the contact has bounced."""

    def __init__(self, part: dict[str, Any], board: Any) -> None:
        """On `part["pin"]`, active low; the pull-up is the MCU's."""
        self._pin, self._board = part["pin"], board
        self.bounce = BOUNCE
        self.pressed = False
        self._edges: list[Any] = []

    def press(self) -> None:
        """Press the button."""
        self._move(True)

    def release(self) -> None:
        """Release the button."""
        self._move(False)

    def _move(self, pressed: bool) -> None:
        if pressed == self.pressed:
            return
        self.pressed = pressed
        for edge in self._edges:
            edge.cancel()
        clock = self._board.clock
        self._edges = [
            clock.after(delay, self._contact(moved == pressed)) for delay, moved in self.bounce
        ]
        latch = self._board.parts.get("latch")
        if latch is not None:
            latch.button_changed(pressed)

    def _contact(self, closed: bool) -> Any:
        return lambda: self._board.pins.drive(self._pin, 0 if closed else None)


CHIP = Button
