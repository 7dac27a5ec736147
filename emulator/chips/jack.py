"""The headset's jack: a bouncing switch grounds its pin while no plug is in. Microseconds."""

from typing import Any

from emulator.chips.button import BOUNCE


class Jack:
    """`spans` are the times with the plug in, as (start, end); the end is None while it is in."""

    def __init__(self, part: dict[str, Any], board: Any) -> None:
        """On `part["pin"]`; the pull-up is the MCU's."""
        self._pin, self._board = part["pin"], board
        self.bounce = BOUNCE
        self.plugged = False
        self.spans: list[tuple[int, int | None]] = []
        self._edges: list[Any] = []
        board.pins.drive(self._pin, 0)

    def plug(self) -> None:
        """Put the plug in."""
        if not self.plugged:
            self.spans.append((self._board.clock.now, None))
            self._move(True)

    def unplug(self) -> None:
        """Pull the plug out."""
        if self.plugged:
            self.spans[-1] = (self.spans[-1][0], self._board.clock.now)
            self._move(False)

    def _move(self, plugged: bool) -> None:
        self.plugged = plugged
        for edge in self._edges:
            edge.cancel()
        clock = self._board.clock
        self._edges = [
            clock.after(delay, self._contact(moved != plugged)) for delay, moved in self.bounce
        ]

    def _contact(self, closed: bool) -> Any:
        return lambda: self._board.pins.drive(self._pin, 0 if closed else None)


CHIP = Jack
