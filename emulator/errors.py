"""What can go wrong with an emulated token, each with a message that says what to do."""


class EmulatorError(Exception):
    """The emulator cannot go on."""


class VmNotFound(EmulatorError):
    """There is no usable MicroPython VM on this computer."""


class VmStuck(EmulatorError):
    """The firmware computes without ever waiting for anything."""


class VmDied(EmulatorError):
    """The VM process ended by itself."""


class FirmwareCrashed(EmulatorError):
    """main.py ended with an exception; the message holds the traceback."""


class FlashRuleBroken(EmulatorError):
    """The firmware programmed flash that was not erased, or out of range."""
