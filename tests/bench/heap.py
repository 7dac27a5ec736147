"""Search for the least heap in which a token does its work, and what is free in the heap that it
has. Sizes are KiB of the board."""

import tempfile
from collections.abc import Callable

from emulator.session import Emulator
from host_tools.image.image import (
    build_frozen_package,
    build_frozen_tree,
    build_tree,
    load_board,
    pack,
)
from tests.bench.figure import Figure
from tests.board.figures import FILES
from tests.support.emulated.images import image
from tests.support.emulated.token import START, TokenUnderTest, hotp, totp

_LARGEST = 64  # KiB, the least


def least(works: Callable[[str], bool], low: int, high: int) -> int:
    """Give the smallest size for which `works(heap)` is true; `low` is too small, `high` enough.

    `heap` is the size in the form of -X heapsize.
    """
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if works(f"{middle}wk") else (middle, high)
    return high


def emulators_share() -> int:
    """Heap used by the emulator's modules in place of `machine` and the like, in KiB scaled to an
    RP2040's words."""
    main = "import gc, time\ngc.collect()\nprint(gc.mem_alloc())\ntime.sleep(9)"
    with (
        tempfile.TemporaryDirectory() as folder,
        Emulator(state=folder, image=image(main)) as emulator,
    ):
        emulator.plug()
        emulator.advance(1)
        taken = int(emulator.port.read(0).split()[0])
    return taken // 1024


def provision_fully(emulator: Emulator) -> None:
    """Have a full session (below), and unplug."""
    full_session(emulator)
    emulator.unplug()
    emulator.advance(1)


def full_session(emulator: Emulator) -> None:
    """Claim the token, store seven TOTP accounts with the largest secrets and an HOTP account, list
    them, and run the self-test."""
    session = TokenUnderTest(emulator).provision(
        *(totp(f"Konto {n}", bytes([n]) * 64) for n in range(7)), hotp("Count")
    )
    session.accounts()
    session.selftest()


def largest_free_block(product: str, form: str) -> Figure:
    """The largest free block of the heap after a full session, on an RP2040's scale. Where the
    modules come from files there is more on a board: their code counts here as if its bytes were
    words."""
    tree = (
        build_tree(product, "pico", production=True)
        if form == FILES
        else build_frozen_tree(product)
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        Emulator(
            product,
            "pico",
            folder,
            image=pack(tree, load_board("pico")["filesystem"]),
            frozen=None
            if form == FILES
            else build_frozen_package(product, "pico", production=True),
            time=START,
        ) as emulator,
    ):
        full_session(emulator)
        emulator.advance(1)
        largest = emulator.heap().largest_block / 1024
    name = f"{product}, {form}: largest free block after a session"
    return Figure(name, largest, "KiB", "budget", _LARGEST, more_is_better=True)
