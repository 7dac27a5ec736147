"""Drops what one thread prints, while the others go on printing: contextlib.redirect_stdout() is
for a whole process, and boards are written side by side."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

_lock = threading.Lock()
_quiet: set[int] = set()  # threads, by their identity


class _Output:
    """Standard output but for quiet threads."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """Write unless the thread is quiet."""
        return len(text) if threading.get_ident() in _quiet else self.stream.write(text)

    def __getattr__(self, name: str) -> Any:
        """Everything else is the stream's."""
        return getattr(self.stream, name)


@contextmanager
def quiet() -> Iterator[None]:
    """Drop what this thread prints on standard output in the block; not to be nested."""
    me = threading.get_ident()
    with _lock:
        if not _quiet:
            sys.stdout = _Output(sys.stdout)
        _quiet.add(me)
    try:
        yield
    finally:
        with _lock:
            _quiet.discard(me)
            if not _quiet and isinstance(sys.stdout, _Output):
                sys.stdout = sys.stdout.stream
