"""What can go wrong with an emulated token, each with a message that says what to do."""


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
