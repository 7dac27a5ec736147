"""What can go wrong with an emulated token, each with a message that says what to do."""

from emulator.shims.records import I2S_EVENT, TIMER_EVENT


class EmulatorError(Exception):
    """The emulator cannot go on."""


class VmNotFoundError(EmulatorError):
    """There is no usable MicroPython VM on this computer."""


class VmStuckError(EmulatorError):
    """The firmware computes without ever waiting for anything."""


class VmDiedError(EmulatorError):
    """The VM process ended by itself."""


class FirmwareCrashError(EmulatorError):
    """main.py ended with an exception; the message holds the traceback."""


class FlashRuleError(EmulatorError):
    """The firmware programmed flash that was not erased, or out of range."""


class FlashReenteredError(EmulatorError):
    """The handler of that source (see emulator/shims/records.py) used the flash while the program
    was using it."""

    def __init__(self, source: int) -> None:
        """Name the source."""
        kinds = (("I2S", I2S_EVENT), ("timer", TIMER_EVENT), ("pin", 0))
        kind, first = next((kind, first) for kind, first in kinds if source >= first)
        super().__init__(
            f"The handler of {kind} {source - first} used the flash in the middle of a file "
            "operation of the program: "
            "on a board that destroys files. Let handlers set flags only."
        )
