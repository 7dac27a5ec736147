"""The firmware's modules that read the time on a kodeoplæser, to be given a test's clock."""

from firmware.ui import app, code_source
from firmware.ui.speaking import (
    accounts,
    code,
    fresh_period,
    interaction,
    own_pace,
    pin_entry,
    tremor,
    voice,
)


def use(clock):
    """Let a clock stand for the module time in all of them."""
    for module in (
        app,
        code_source,
        accounts,
        code,
        fresh_period,
        interaction,
        own_pace,
        pin_entry,
        tremor,
        voice,
    ):
        module.time = clock
