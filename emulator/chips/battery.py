"""One lithium cell behind a divider on an ADC pin. Millivolts."""

from typing import Any


class Battery:
    """`millivolts` is the cell's voltage; it changes only when set."""

    def __init__(self, part: dict[str, Any], board: Any) -> None:
        """On ADC pin `part["pin"]`, divided by `part["ratio"]`, against `part["reference_mv"]`."""
        self.millivolts = 3900
        self._full_scale: int = part["ratio"] * part["reference_mv"]
        board.adc[part["pin"]] = self

    def read_u16(self) -> int:
        """Give the ADC's reading: 12 bits, scaled to 16 as by MicroPython on the RP2040."""
        raw = min(4095, self.millivolts * 4096 // self._full_scale)
        return raw << 4 | raw >> 8


CHIP = Battery
