"""Boards that are bare until something has been written to them, and from then on are tokens."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from emulator.mcu.boot_rom import FLASH, BootRom
from emulator.mcu.usb_drive import UsbDrive
from emulator.session import Emulator
from host_tools.image.image import load_board
from host_tools.image.official import build_for

Begin = Callable[[threading.Event], tuple[str, bytes | None]]
_LOOK = 0.05  # seconds


@contextmanager
def becoming(port: Path, begin: Begin, seed: int = 0) -> Iterator[None]:
    """A board: `begin(stop)` gives its name and its file system once that is written, None for one
    that never is; from then on its token is at `port`, in step with real time. Boards with another
    `seed` are other boards."""
    over = threading.Event()

    def live() -> None:
        name, content = begin(over)
        if content is None:
            return
        with Emulator(
            board=name,
            state=port.with_suffix(".state"),
            image=content,
            seed=seed,
            time=time.time(),
        ) as emulator:
            emulator.follow(time.monotonic())
            emulator.open_pty(port)
            emulator.serve(over.is_set)

    thread = threading.Thread(target=live)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def filesystem(name: str, flash: bytes | bytearray, first: int = 0) -> tuple[str, bytes]:
    """Give a board's name, and the file system in its flash, of which `first` is the address."""
    board = load_board(name)
    begins = build_for(board).filesystem - first
    return name, bytes(flash[begins : begins + board["filesystem"]["size"]])


@dataclass(frozen=True)
class OnDrive:
    """A board in BOOTSEL mode, its drive's folder and the port of the token that it becomes."""

    rom: BootRom
    flash: bytearray
    drive: Path
    port: Path


@contextmanager
def on_drive(
    folder: Path, name: str = "pico", dead: bool = False, seed: int = 0
) -> Iterator[OnDrive]:
    """A board whose flash is full of something else; a `dead` one never starts again."""
    board = load_board(name)
    size = build_for(board).filesystem + board["filesystem"]["size"] - FLASH
    flash = bytearray(b"\x5a" * size)
    rom = BootRom(board["mcu"], flash)
    drive = UsbDrive(folder / "drive", board["mcu"], rom)

    def filled(stop: threading.Event) -> tuple[str, bytes | None]:
        while not drive.take():
            if stop.wait(_LOOK):
                return name, None
        drive.remove()
        return (name, None) if dead else filesystem(name, flash, FLASH)

    port = folder / "port"
    with becoming(port, filled, seed):
        yield OnDrive(rom, flash, drive.path, port)
