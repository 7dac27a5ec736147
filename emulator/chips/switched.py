"""What a part is that a pin switches on and off: its times on. Microseconds."""

from typing import Any


class Switched:
    """`spans` are its times on, as (start, end); the end is None while it is on. The part starts
    `START_US` after its pin rises."""

    START_US = 0

    def __init__(self, pin: int, board: Any) -> None:
        """On while `pin` is high."""
        self._clock, self._board = board.clock, board
        self.spans: list[tuple[int, int | None]] = []
        board.pins.watch(pin, self._changed)

    def _changed(self, level: int) -> None:
        now = self._clock.now
        if level:
            self.spans.append((now + self.START_US, None))
        elif self.spans and self.spans[-1][1] is None:
            began, _ = self.spans.pop()
            if began < now:
                self.spans.append((began, now))
        self._board.load_changed()

    @property
    def on(self) -> bool:
        """Whether the pin is high."""
        return bool(self.spans) and self.spans[-1][1] is None
