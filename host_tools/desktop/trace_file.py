"""A file with what an emulated token's wires carried: as text, or as a value change dump."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from host_tools import whole_files
from host_tools.errors import ExitCode, KodebrikError

if TYPE_CHECKING:
    from emulator.session import Emulator

_TEXT, _DUMP = ".txt", ".vcd"


def check(path: Path) -> None:
    """Check, before a token runs, that its trace can be written to `path`: KodebrikError for a name
    with another ending, or a file that is there."""
    if path.suffix.lower() not in (_TEXT, _DUMP):
        raise KodebrikError("emulate-trace-ending", ExitCode.USAGE, path=path)
    whole_files.check_new(path)


@contextmanager
def traced(emulator: "Emulator", path: Path) -> Iterator[None]:
    """Trace the token while the block runs, and write the file when it ends, however it does."""
    with emulator.trace() as trace:
        try:
            yield
        finally:
            trace.stop()
            content = trace.vcd() if path.suffix.lower() == _DUMP else trace.text()
            whole_files.write(path, content.encode())
