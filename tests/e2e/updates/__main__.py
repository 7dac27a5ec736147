"""Cut the power at every flash operation of an update, before it, midway and after it:
`python -m tests.e2e.updates --help`. Exit 1 where a token did not get over a cut."""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from emulator.mcu.flash import CUT_MODES
from tests.e2e.updates.power_cuts import NOTHING, PARTS, cut, operations, stage


def main() -> int:
    """Give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.updates", description=__doc__)
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="tokens at once")
    parser.add_argument("--from", type=int, dest="first", default=NOTHING, help="parts received")
    parser.add_argument("--to", type=int, dest="last", default=PARTS, help="parts received")
    options = parser.parse_args()
    cuts = 0
    faults: list[str] = []
    with (
        tempfile.TemporaryDirectory(prefix="kodebrik-") as name,
        ProcessPoolExecutor(options.jobs) as pool,
    ):
        folder = Path(name)
        stage(options.last, folder)
        sweep: Callable[[int], tuple[int, list[str]]] = partial(every_cut, folder=folder)
        for parts, (count, wrong) in zip(
            range(options.first, options.last + 1),
            pool.map(sweep, range(options.first, options.last + 1)),
            strict=True,
        ):
            cuts += count
            faults += wrong
            print(
                f"{parts} of {PARTS} parts received: {count} cuts, {len(wrong)} faults", flush=True
            )
    for fault in faults:
        print(fault)
    print(f"{cuts} cuts: {len(faults)} times a token did not get over it")
    return 1 if faults else 0


def every_cut(parts: int, folder: Path) -> tuple[int, list[str]]:
    """Cut at every operation of a step, in all modes; give how often, and what went wrong."""
    places = [(at, mode) for at in range(1, operations(parts, folder) + 1) for mode in CUT_MODES]
    faults = []
    for at, mode in places:
        try:
            cut(parts, at, mode, folder)
        except Exception as error:
            faults.append(f"part {parts}, operation {at}, {mode}: {type(error).__name__} {error}")
    return len(places), faults


if __name__ == "__main__":
    sys.exit(main())
