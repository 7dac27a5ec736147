"""The firmware's modules that read the time on a kodeoplæser, to be given a test's clock."""

import sys

_MODULES = (
    "firmware.ui.app",
    "firmware.ui.code_source",
    "firmware.ui.speaking.accounts",
    "firmware.ui.speaking.code",
    "firmware.ui.speaking.fresh_period",
    "firmware.ui.speaking.interaction",
    "firmware.ui.speaking.own_pace",
    "firmware.ui.speaking.pin_entry",
    "firmware.ui.speaking.tremor",
    "firmware.ui.speaking.announcer",
)


def use(clock):
    """Let a clock stand for the module time in all of them."""
    for name in _MODULES:
        __import__(name)
        sys.modules[name].time = clock
