"""Search for the least heap in which a token does its work. Heap sizes are KiB of the board."""

from collections.abc import Callable

from emulator.session import Emulator
from tests.support.emulated.token import TokenUnderTest, hotp, totp


def least(works: Callable[[str], bool], low: int, high: int) -> int:
    """Give the smallest size for which `works(heap)` is true; `low` is too small, `high` enough.

    `heap` is the size in the form of -X heapsize.
    """
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if works(f"{middle}wk") else (middle, high)
    return high


def provision_fully(emulator: Emulator) -> None:
    """Claim the token, store seven TOTP accounts with the largest secrets and an HOTP account, list
    them, run the self-test, and unplug."""
    session = TokenUnderTest(emulator).provision(
        *(totp(f"Konto {n}", bytes([n]) * 64) for n in range(7)), hotp("Count")
    )
    session.accounts()
    session.selftest()
    emulator.unplug()
    emulator.advance(1)
