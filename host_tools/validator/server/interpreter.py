"""Settings of Python's interpreter for a process that decides checks."""

import gc
import sys

_SWITCH_SECONDS = 0.0005
_COLLECT_AFTER = 50_000  # objects that were made and not freed


def prepare() -> None:
    """Call when everything is imported and made.

    The thread that decides checks releases the interpreter's lock at every database call, and waits
    up to the switch interval to get it back: with Python's default of 5 ms, a busy event loop would
    delay each batch. Garbage is collected after more requests, and the program itself is no
    candidate: by default a collection comes every few checks, and some look at all modules.
    """
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)
