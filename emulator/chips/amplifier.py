"""The loudspeaker's amplifier, a MAX98357A: it plays while its SD_MODE pin is high. Microseconds.

Source: Analog Devices MAX98357A data sheet: the outputs come 7.5 ms after the pin rises, and go
with it.
"""

from typing import Any

TURN_ON_US = 7_500


class Amplifier:
    """`spans` are the times in which it plays, the last one without an end while it does."""

    def __init__(self, part: dict[str, Any], board: Any) -> None:
        """Enabled by `part["pin"]`."""
        self._clock = board.clock
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

    @property
    def on(self) -> bool:
        """Whether the pin says so."""
        return bool(self.spans) and self.spans[-1][1] is None


CHIP = Amplifier
