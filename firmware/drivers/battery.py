"""Battery voltage through a divider on an ADC pin.

Voltages are those of the cell, in millivolts.
"""

from machine import ADC, Pin

_SAMPLES = 4


def from_board(part: dict, bus: object, product: dict) -> "Battery":
    """Return the battery that the board data describes."""
    return Battery(part["pin"], part["ratio"], part["reference_mv"])


class Battery:
    """A cell behind a voltage divider; `ratio` is cell voltage over pin voltage."""

    def __init__(self, pin_number: int, ratio: int, reference_mv: int):
        """Open the converter; reference_mv is its full scale in millivolts."""
        self._adc = ADC(Pin(pin_number))
        self._ratio = ratio
        self._reference_mv = reference_mv
        if hasattr(self._adc, "atten"):
            # ESP32: without its attenuator the converter's full scale is 0.95 V.
            self._adc.atten(ADC.ATTN_11DB)

    def millivolts(self) -> int:
        """Return the cell's voltage, as the mean of several samples."""
        if hasattr(self._adc, "read_uv"):
            # The ESP32 port converts with the chip's own calibration, reference included.
            total = sum(self._adc.read_uv() for _ in range(_SAMPLES)) // 1000
        else:
            total = sum(self._adc.read_u16() for _ in range(_SAMPLES)) * self._reference_mv // 65535
        return total * self._ratio // _SAMPLES
