"""Firmware that is being written: whenever a file of it has changed, an emulated token is given the
new one, keeps what it has stored, and starts again."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from host_tools.desktop.token_folder import TokenFolder
from host_tools.errors import KodebrikError
from host_tools.image import image as images
from host_tools.image.dependencies import FIRMWARE
from host_tools.messages.catalogue import Message

if TYPE_CHECKING:
    from emulator.session import Emulator

_POLL = 0.2  # seconds between two looks at the files
_SETTLE = 0.05  # seconds without a change until an editor has written all of a file
_ENDINGS = (".py", ".rows")


@dataclass(frozen=True)
class Sources:
    """The folder of the firmware's sources, and what makes a token's files of them."""

    folder: Path
    build: Callable[[], dict[str, bytes]]

    def state(self) -> dict[Path, tuple[int, int]]:
        """Give when each file was changed, and its size."""
        found = {}
        for path in self.folder.rglob("*"):
            if path.suffix in _ENDINGS:
                try:
                    stat = path.stat()
                except FileNotFoundError:  # an editor has just put another in its place
                    continue
                found[path] = (stat.st_mtime_ns, stat.st_size)
        return found


def sources_of(token: TokenFolder) -> Sources:
    """Give the sources of a token's firmware, which are those of this program."""
    build = partial(images.build_tree, token.product, token.board, token.production)
    return Sources(FIRMWARE, build)


@contextmanager
def rebuilding(
    emulator: "Emulator", board: str, sources: Sources, say: Callable[[str], None]
) -> Iterator[None]:
    """Watch `sources` while the block runs. `say` is told of each rebuilding, and of firmware that
    cannot be built: then the token goes on with what it has. Parts and pins stay those with which
    the emulator was started.
    """
    stop = threading.Event()
    sources.build()  # from now on only what has changed is compiled
    seen = sources.state()

    def watch() -> None:
        nonlocal seen
        while not stop.wait(_POLL):
            if sources.state() != seen:
                seen = _settled(sources, stop)
                say(_rebuilt(emulator, board, sources))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        stop.set()
        watcher.join()


def _settled(sources: Sources, stop: threading.Event) -> dict[Path, tuple[int, int]]:
    """Wait until nothing has changed for _SETTLE, and give the state of the files."""
    state = sources.state()
    while not stop.wait(_SETTLE):
        later = sources.state()
        if later == state:
            break
        state = later
    return state


def _rebuilt(emulator: "Emulator", board: str, sources: Sources) -> Message:
    """Build, write the files over those on the token, which is off then, and put its cable back;
    give what there is to say about it."""
    filesystem, began = images.load_board(board)["filesystem"], time.monotonic()
    try:
        tree = sources.build()
        with emulator.lock:
            kept, plugged = emulator.snapshot(), emulator.plugged
            files = images.unpack(kept.flash, filesystem) | tree
            emulator.restore(kept._replace(flash=images.pack(files, filesystem)))
            if plugged:
                emulator.plug()
    except KodebrikError as error:
        return Message("emulate-not-rebuilt", what=error.message)
    return Message("emulate-rebuilt", seconds=time.monotonic() - began)
