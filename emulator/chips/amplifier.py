"""The loudspeaker's amplifier MAX98357A, on while its SD_MODE pin is high. Times in microseconds.

Source: Analog Devices MAX98357A data sheet: the outputs turn on 7.5 ms after the pin rises, and off
when it falls.
"""

from typing import Any

TURN_ON_US = 7_500


class Amplifier:
    """`spans` are its times on, as (start, end); the end is None while it is on."""

    def __init__(self, part: dict[str, Any], board: Any) -> None:
        """Enabled by `part["pin"]`."""
        self._clock, self._board = board.clock, board
        self.spans: list[tuple[int, int | None]] = []
        board.pins.watch(part["pin"], self._changed)

    def _changed(self, level: int) -> None:
        now = self._clock.now
        if level:
            self.spans.append((now + TURN_ON_US, None))
        elif self.spans and self.spans[-1][1] is None:
            began, _ = self.spans.pop()
            if began < now:
                self.spans.append((began, now))
        self._board.load_changed()

    @property
    def on(self) -> bool:
        """Whether the pin is high."""
        return bool(self.spans) and self.spans[-1][1] is None


CHIP = Amplifier
