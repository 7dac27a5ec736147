"""Use both tokens for weeks while every part fails once: `python -m tests.e2e.faults --help`. Exit
1 for a wrong code."""

import argparse
import sys
import tempfile
from pathlib import Path

from emulator.session import Emulator
from host_tools.image.image import build_image
from tests.e2e.faults import long_use
from tests.support.emulated.token import START, TokenUnderTest

BOARDS = {"kodeviser": "pico", "kodeoplaeser": "pico2"}


def main() -> int:
    """Give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.faults", description=__doc__)
    parser.add_argument("--presses", type=int, default=10_000, help="of each token")
    parser.add_argument("--days", type=float, default=26, help="of virtual time, half of it awake")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--product", choices=BOARDS, action="append", help="default: both")
    options = parser.parse_args()
    wrong = 0
    for product in options.product or BOARDS:
        board = BOARDS[product]
        with (
            tempfile.TemporaryDirectory(prefix="kodebrik-") as folder,
            Emulator(
                product,
                board,
                Path(folder) / "token",
                image=build_image(product, board),
                seed=options.seed,
                time=START,
            ) as emulator,
        ):
            use = long_use.Use(TokenUnderTest(emulator), options.seed)
            try:
                use.run(options.presses, options.days * long_use.DAY)
                told = "no wrong code"
            except long_use.WrongCodeError as error:
                wrong += 1
                told = f"WRONG CODE: {error}"
            print(
                f"{product}, seed {options.seed}: {sum(use.seen.values()) - use.seen['faults']} "
                f"presses in {emulator.elapsed / long_use.DAY:.1f} days, {use.seen['faults']} "
                f"faults; codes {use.seen['code']}, messages {use.seen['text']}, "
                f"dark {use.seen['dark']}: {told}"
            )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
