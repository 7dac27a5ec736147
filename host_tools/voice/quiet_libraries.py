"""Keeps libraries in C off standard error: ALSA writes two dozen lines there on a machine without a
sound card, which is told in a sentence of ours."""

import contextlib
import os
import sys
from collections.abc import Iterator

_STANDARD_ERROR = 2


@contextlib.contextmanager
def quiet_libraries() -> Iterator[None]:
    """Drop what is written to the file descriptor of standard error, by any thread, while the block
    runs; it should open a device and nothing else."""
    with contextlib.ExitStack() as restored:
        try:
            kept = os.dup(_STANDARD_ERROR)
        except OSError:  # it is closed: there is nothing to keep quiet
            yield
            return
        restored.callback(os.close, kept)
        if sys.stderr is not None:
            sys.stderr.flush()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        restored.callback(os.close, nowhere)
        os.dup2(nowhere, _STANDARD_ERROR)
        restored.callback(os.dup2, kept, _STANDARD_ERROR)
        yield
