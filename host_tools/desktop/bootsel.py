"""An emulated board in BOOTSEL mode: its drive as a folder, until a UF2 file has been copied there.

The boot ROM writes MicroPython and the file system; from then on the emulator's own MicroPython
stands in for the one in the file, and the sources for modules that are frozen into that.
"""

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

from host_tools.desktop.token_folder import Flashed, TokenFolder, emulator_errors
from host_tools.errors import ExitCode, KodebrikError
from host_tools.image import frozen
from host_tools.image.image import build_frozen_package, load_board, pack
from host_tools.image.official import build_for
from host_tools.messages.catalogue import Message
from host_tools.messages.system_errors import reason

_LOOK = 0.05  # seconds between looks at the folder
_MICROPYTHON = b"MicroPython v"


def await_file_system(
    folder: TokenFolder,
    path: Path,
    stop: threading.Event,
    ready: Callable[[], None],
    say: Callable[[Message], None],
) -> Flashed | None:
    """Offer the drive of the token's board at `path` until a whole file is there, and give what
    the board then has; None when `stop` was set before. `ready` is called when the
    drive is there, and `say` with what became of a file that the boot ROM ignores.

    What is on the token's flash already stays where the file does not write. KodebrikError for a
    board without such a boot loader, a folder that cannot be the drive, a file without MicroPython,
    and one with another frozen firmware than the sources are of.
    """
    with emulator_errors():
        from emulator import saved_state  # noqa: PLC0415 - an extra
        from emulator.mcu import boot_rom, usb_drive  # noqa: PLC0415 - an extra

    board = load_board(folder.board)
    if board["mcu"] not in boot_rom.INFO:
        raise KodebrikError("usb-drive-none", ExitCode.USAGE, board=board["title"])
    if path.is_file():
        raise KodebrikError("usb-drive-no-folder", ExitCode.FILE, path=path)
    size = board["filesystem"]["size"]
    begins = build_for(board).filesystem - boot_rom.FLASH
    flash = bytearray(b"\xff" * (begins + size))
    if saved_state.load(folder.path) is not None:
        flash[begins:] = (folder.path / saved_state.FLASH).read_bytes()
    rom = boot_rom.BootRom(board["mcu"], flash)
    try:
        drive = usb_drive.UsbDrive(
            path, board["mcu"], rom, partial(_say_ignored, say, board["mcu"])
        )
    except FileExistsError:
        raise KodebrikError("usb-drive-not-empty", ExitCode.FILE, path=path) from None
    except OSError as error:
        raise KodebrikError(
            "file-unwritable", ExitCode.FILE, path=path, reason=reason(error)
        ) from None
    try:
        ready()
        while not drive.take():
            if stop.wait(_LOOK):
                return None
    finally:
        drive.remove()
    if _MICROPYTHON not in flash[:begins]:
        raise KodebrikError("usb-drive-no-micropython", ExitCode.BAD_INPUT)
    modules = _frozen_modules(folder, bytes(flash[:begins]))
    if not flash[begins:].strip(b"\xff"):  # MicroPython makes an empty one at its first start
        return Flashed(pack({}, board["filesystem"]), modules)
    return Flashed(bytes(flash[begins:]), modules)


def _frozen_modules(folder: TokenFolder, micropython: bytes) -> bytes | None:
    """Give the sources of what is frozen into a MicroPython, None when that is nothing."""
    which = frozen.found(micropython)
    if which is None:
        return None
    ours = frozen.of(folder.product, folder.board, folder.production, which.languages)
    if which != ours:
        raise KodebrikError("usb-drive-frozen", ExitCode.BAD_INPUT, frozen=str(which))
    return build_frozen_package(folder.product, folder.board, folder.production, which.languages)


def _say_ignored(say: Callable[[Message], None], mcu: str, file: Path) -> None:
    say(Message("usb-drive-ignored", path=file.name, mcu=mcu))
