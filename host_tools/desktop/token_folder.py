"""Emulated tokens in folders: creating and reopening them, with the emulator's errors as
KodebrikErrors.

The emulator is an optional dependency, so it is imported only when a command needs it. The caller
passes functions for messages.
"""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import platformdirs

from host_tools import whole_files
from host_tools.errors import ExitCode, KodebrikError
from host_tools.extras import from_extra
from host_tools.messages.catalogue import Message
from host_tools.messages.system_errors import reason

if TYPE_CHECKING:
    from emulator.session import Emulator


@dataclass(frozen=True)
class TokenFolder:
    """A folder that keeps an emulated token's flash and state, and the firmware that it runs; with
    the public key `update_key`, the token takes updates."""

    path: Path
    product: str
    board: str
    production: bool = False
    update_key: bytes | None = None


def default_folder(product: str, board: str) -> Path:
    """Give the folder of an emulated token when none is named."""
    return Path(platformdirs.user_data_dir("kodebrik")) / "emulated" / f"{product}-{board}"


class Flashed(NamedTuple):
    """What a board was flashed with: its file system, and one with the sources of the modules that
    are frozen into its MicroPython, if any are."""

    files: bytes
    frozen: bytes | None


@contextmanager
def emulated(  # noqa: PLR0913 - the folder, and what a token begins with
    folder: TokenFolder,
    say: Callable[[str], AbstractContextManager[None]],
    warn: Callable[[str], None],
    *,
    seed: int | None = None,
    now: float | None = None,
    goes_on: bool = False,
    flashed: Flashed | None = None,
    pace: str | None = None,
) -> Iterator["Emulator"]:
    """Emulate the token in `folder`, or make a new one there.

    A new token's random numbers follow from `seed` (None: drawn). `now` is the token's time in Unix
    seconds (None: the real one); with `goes_on` a token that was there goes on at the time at which
    it was saved. `say` is entered while the firmware is built; `warn` is told when
    the token runs other firmware than would be built now. `flashed` is what was
    just put on it: then nothing is built. `pace` names the microcontroller whose
    processor's time is charged.
    """
    with emulator_errors():
        from emulator import saved_state  # noqa: PLC0415 - an extra
        from emulator.session import Emulator  # noqa: PLC0415 - an extra

        _check(folder)
        image, frozen = flashed or (None, None)
        if flashed is None:
            image = _built(folder, say, warn)
        elif saved_state.load(folder.path) is not None:
            with saved_state.locked(folder.path):
                whole_files.write(folder.path / saved_state.FLASH, flashed.files)
                (folder.path / saved_state.FROZEN).unlink(missing_ok=True)
                if frozen is not None:
                    whole_files.write(folder.path / saved_state.FROZEN, frozen)
            image = None
        began, begins = time.monotonic(), time.time() if now is None else now
        seed = secrets.randbits(63) if seed is None else seed
        with Emulator(
            folder.product,
            folder.board,
            folder.path,
            image=image,
            frozen=frozen,
            seed=seed,
            time=None if goes_on and image is None else begins,
            pace=pace,
        ) as emulator:
            if now is None:
                emulator.follow(began)
            yield emulator


def _built(
    folder: TokenFolder,
    say: Callable[[str], AbstractContextManager[None]],
    warn: Callable[[str], None],
) -> bytes | None:
    """Build the firmware: give the image of a new token, None for one that is there."""
    from emulator import saved_state  # noqa: PLC0415 - an extra
    from host_tools.image import image as images  # noqa: PLC0415 - slow to load

    filesystem = images.load_board(folder.board)["filesystem"]
    frozen = folder.path / saved_state.FROZEN
    with say(_building(folder)):
        if frozen.exists():
            tree = images.build_frozen_tree(folder.product)
        else:
            tree = images.build_tree(folder.product, folder.board, folder.production)
    if folder.update_key is not None:
        if frozen.exists():
            raise KodebrikError("update-frozen", ExitCode.CONFLICT)
        tree[images.UPDATE_KEY] = folder.update_key
        images.check_room_for_update(tree, filesystem)
    if saved_state.load(folder.path) is None:
        return images.pack(tree, filesystem)
    if not images.holds((folder.path / saved_state.FLASH).read_bytes(), tree, filesystem):
        warn(Message("emulated-other-firmware", path=folder.path))
    return None


def _building(folder: TokenFolder) -> Message:
    """Say what is built: a voice takes half a minute, the first time that it is needed."""
    from host_tools.image import image as images  # noqa: PLC0415 - slow to load

    product = images.load_product(folder.product)
    if "audio" in product["parts"]:
        with from_extra("not-installed-image-voice", product=product["title"]):
            from host_tools.voice import store  # noqa: PLC0415 - an extra
        if not all(map(store.has_pack, product["image_languages"])):
            return Message("image-building-voice", product=folder.product, board=folder.board)
    return Message("image-building", product=folder.product, board=folder.board)


def _check(folder: TokenFolder) -> None:
    """Check that the folder holds the token that is to run and that nobody runs it, or nothing, and
    that there are such a product and such a board; KodebrikError, before anything is built."""
    from emulator import saved_state  # noqa: PLC0415 - an extra
    from host_tools.image import image as images  # noqa: PLC0415 - slow to load

    images.load_product(folder.product)
    size = images.load_board(folder.board)["filesystem"]["size"]
    if folder.path.exists() and not folder.path.is_dir():
        raise KodebrikError("emulated-no-folder", ExitCode.FILE, path=folder.path)
    kept = saved_state.load(folder.path)
    if kept is not None:
        saved_state.check(folder.path, kept, folder.product, folder.board, size)
        with saved_state.locked(folder.path):
            pass
    elif folder.path.exists() and any(folder.path.iterdir()):
        raise KodebrikError("emulated-folder-occupied", ExitCode.FILE, folder=folder.path)


@contextmanager
def not_running(path: Path) -> Iterator[None]:
    """Keep emulators off the token in the folder `path`; KodebrikError when one runs it."""
    with emulator_errors():
        from emulator import saved_state  # noqa: PLC0415 - an extra

        with saved_state.locked(path):
            yield


def check_endpoints(folder: Path, link: Path | None, rfc2217: int | None) -> None:
    """Check that the link of the token in `folder`, which may be new, can be offered at a symbolic
    link `link` and at a port of loopback, so that no token is made in vain; KodebrikError."""
    with emulator_errors():
        from emulator.serial import endpoints  # noqa: PLC0415 - an extra

    try:
        if link is not None:
            endpoints.check_link(link)
            made = folder.resolve()  # with the folders that it is in
            if link.parent.resolve() not in (made, *made.parents):
                link.parent.stat()
        if rfc2217 is not None:
            endpoints.Rfc2217(rfc2217).close()
    except OSError as error:
        raise link_unavailable(error) from None


def link_unavailable(error: OSError) -> KodebrikError:
    """Give the error of a link that cannot be offered."""
    return KodebrikError("emulate-link-unavailable", ExitCode.FILE, reason=reason(error))


@contextmanager
def emulator_errors() -> Iterator[None]:
    """Turn errors of the emulator, and of packages that are not installed, into KodebrikError."""
    with from_extra("not-installed-emulator"):
        from emulator.errors import (  # noqa: PLC0415 - an extra
            DamagedTokenError,
            EmulatorError,
            OtherTokenError,
            TokenInUseError,
            VmNotFoundError,
        )
    try:
        with from_extra("not-installed-emulator"):
            yield
    except VmNotFoundError as error:
        raise KodebrikError(
            "emulator-vm-missing", ExitCode.NOT_INSTALLED, what=str(error)
        ) from None
    except TokenInUseError as error:
        raise KodebrikError("emulated-in-use", ExitCode.CONFLICT, path=error.directory) from None
    except OtherTokenError as error:
        raise KodebrikError(
            "emulated-other-token",
            ExitCode.USAGE,
            path=error.directory,
            product=error.product,
            board=error.board,
        ) from None
    except DamagedTokenError as error:
        raise KodebrikError("emulated-damaged", ExitCode.BAD_INPUT, path=error.path) from None
    except EmulatorError as error:
        raise KodebrikError("emulator-failed", ExitCode.EMULATOR, what=str(error)) from None
