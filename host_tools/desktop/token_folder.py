"""Emulated tokens for the commands: making one, taking one up again, and the emulator's errors as
ours.

The emulator is an extra, so nothing here imports it before a command asks for it.
"""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from host_tools.cli.output import step, warn
from host_tools.errors import ExitCode, KodebrikError

if TYPE_CHECKING:
    from emulator.session import Emulator


def default_state(product: str, board: str) -> Path:
    """Give the folder of the token that is emulated when none is named."""
    return Path(platformdirs.user_data_dir("kodebrik")) / "emulated" / f"{product}-{board}"


@contextmanager
def emulated(
    product: str,
    board: str,
    state: Path,
    production: bool = False,
    seed: int | None = None,
    now: float | None = None,
) -> Iterator["Emulator"]:
    """Take up the token in folder `state`, or make a new one there of `seed`; its time is `now`,
    else the real one."""
    with emulator_errors():
        from emulator import saved_state  # noqa: PLC0415 - an extra
        from emulator.session import Emulator  # noqa: PLC0415 - an extra
        from host_tools.image import image as images  # noqa: PLC0415 - slow to load

        filesystem = images.load_board(board)["filesystem"]
        image = None
        with step(f"Building {product} for {board}"):
            tree = images.build_tree(product, board, production)
        if saved_state.load(state) is None:
            image = images.pack(tree, filesystem)
        elif not images.holds((state / saved_state.FLASH).read_bytes(), tree, filesystem):
            warn(
                f"The token in {state} runs other firmware than would be built now; name an "
                "empty folder for that."
            )
        seed = secrets.randbits(63) if seed is None else seed
        with Emulator(
            product, board, state, image=image, seed=seed, time=time.time() if now is None else now
        ) as emulator:
            yield emulator


@contextmanager
def emulator_errors() -> Iterator[None]:
    """Turn the emulator's errors into KodebrikError."""
    try:
        from emulator.errors import EmulatorError, VmNotFoundError  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise _not_installed(error) from None
    try:
        yield
    except ImportError as error:
        if (error.name or "").partition(".")[0] in ("emulator", "firmware", "host_tools"):
            raise
        raise _not_installed(error) from None
    except VmNotFoundError as error:
        raise KodebrikError(str(error), "See docs/emulator.md.", ExitCode.NOT_INSTALLED) from None
    except EmulatorError as error:
        raise KodebrikError(
            f"The emulated token failed: {error}",
            "Start it again; if it repeats, use an empty folder for --state.",
            ExitCode.EMULATOR,
        ) from None


def _not_installed(error: ImportError) -> KodebrikError:
    return KodebrikError(
        f"The emulator is not installed: {error.name or 'a package'} is missing.",
        "Install it with: pip install 'kodebrik[emulator]'",
        ExitCode.NOT_INSTALLED,
    )
