"""The loudspeaker's amplifier MAX98357A, on while its SD_MODE pin is high. Times in microseconds.

Source: Analog Devices MAX98357A data sheet: the outputs turn on 7.5 ms after the pin rises, and off
when it falls.
"""

from typing import Any

from emulator.chips.switched import Switched

TURN_ON_US = 7_500


class Amplifier(Switched):
    """The amplifier: `spans` are the times of its sound."""

    START_US = TURN_ON_US

    def __init__(self, part: dict[str, Any], board: Any) -> None:
        """Enabled by `part["pin"]`."""
        super().__init__(part["pin"], board)


CHIP = Amplifier
