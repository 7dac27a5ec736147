"""Run a token's image on an emulated RP2040 and print what was measured, a line each; `--json`
prints one list at the end instead. `make board` starts it.

`--figures FILE` keeps what was measured in the table of figures. `--pace` measures our own emulator
instead, with the processor's time charged, and sets it beside what the table has.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from host_tools.image.image import build_frozen_tree, build_tree, load_board, pack
from tests.board import figures, flash_image, paced, run_through
from tests.board.comparison import compare

_MISSING = (
    "make board needs two files that are not part of kodebrik: MICROPYTHON=FILE.uf2, MicroPython "
    "v1.28.0 for the Raspberry Pi Pico (RPI_PICO: from MicroPython's download page, or "
    "built from its sources), and BOOTROM=FILE.bin, the RP2040's boot ROM of 16 KB (built from "
    "raspberrypi/pico-bootrom-rp2040, or read from a Pico: addresses 0 to 0x3fff)."
)
_BOOTROM = 16 * 1024
_FROZEN = b"firmware/hardware.py"  # the name of a frozen module, in MicroPython's table of them
_WATCHED = {"kodeviser": 36.0, "kodeoplaeser": 12.0}  # seconds from the press on


def main() -> int:
    """Measure the products; 2 without the files, 1 when board and emulator differ."""
    arguments = _arguments()
    if arguments.pace:
        return _pace(arguments.product or _WATCHED, arguments.figures)
    if not (arguments.micropython and arguments.bootrom):
        print(_MISSING, file=sys.stderr)
        return 2
    try:
        micropython = flash_image.from_uf2(
            arguments.micropython.read_bytes(), arguments.micropython.name
        )
        bootrom = arguments.bootrom.read_bytes()
    except (OSError, ValueError) as error:
        print(f"{error}\n{_MISSING}", file=sys.stderr)
        return 2
    if len(bootrom) != _BOOTROM:
        print(f"{arguments.bootrom} has {len(bootrom)} bytes.\n{_MISSING}", file=sys.stderr)
        return 2
    results = []
    for product in arguments.product or _WATCHED:
        results.append(_measured(micropython, bootrom, product, not arguments.json))
    if arguments.figures:
        table = figures.load(arguments.figures)
        for result in results:
            figures.put(table, result["product"], result["form"], figures.BOARD, result["figures"])
        figures.save(table, arguments.figures)
    if arguments.json:
        print(json.dumps(results, ensure_ascii=False, indent=1))
    return 0 if all(result["same"] for result in results) else 1


def _arguments() -> Any:
    parser = argparse.ArgumentParser(prog="make board", description=__doc__)
    parser.add_argument("--micropython", type=_file, metavar="FILE.uf2")
    parser.add_argument("--bootrom", type=_file, metavar="FILE.bin")
    parser.add_argument("--product", action="append", choices=list(_WATCHED))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--figures", type=Path, metavar="FILE.json")
    parser.add_argument("--pace", action="store_true")
    return parser.parse_args()


def _file(name: str) -> Path | None:
    return Path(name) if name else None


def _pace(products: Iterable[str], path: Path | None) -> int:
    """Measure our emulator, print it beside the board's figures, and keep it in `path`."""
    table = figures.load(path or figures.FIGURES)
    for product in products:
        for form in (figures.FILES, figures.FROZEN):
            given = paced.measured(product, form=form)
            figures.put(table, product, form, figures.PACE, given)
            for name, value in given.items():
                board = table[product][form][name].get(figures.BOARD)
                beside = "" if board is None else f"; board {board:,.0f} ({value / board - 1:+.0%})"
                print(_line(product, form, name, value) + beside, flush=True)
    if path:
        figures.save(table, path)
    return 0


def _measured(micropython: bytes, bootrom: bytes, product: str, aloud: bool) -> dict[str, Any]:
    """Measure one product; `aloud` prints each figure."""
    form = figures.FROZEN if _FROZEN in micropython else figures.FILES
    tree = (
        build_frozen_tree(product)
        if form == figures.FROZEN
        else build_tree(product, "pico", production=True)
    )
    filesystem = pack(tree, load_board("pico")["filesystem"])
    flash = flash_image.with_filesystem(micropython, filesystem)
    parts = run_through.Parts(flash, bootrom, product)
    taken = run_through.Figures(product)
    provisioned = run_through.provision(parts, taken)
    watched = _WATCHED[product]
    shown = run_through.press(parts, provisioned, taken, watched)
    with tempfile.TemporaryDirectory() as folder:
        emulated = run_through.emulated(parts, provisioned, Path(folder), watched, shown)
    compared = compare(shown, emulated, parts.board["products"][product]["display"]["width"])
    result = {
        "product": product,
        "form": form,
        "figures": taken.figures,
        "same": compared.good,
        **vars(compared),
    }
    if aloud:
        for name, value in taken.figures.items():
            print(_line(product, form, name, value))
        print(
            f"{product}, {form}: {compared.same_frames} of {compared.frames} frames equal the "
            f"emulator's, {compared.bar_apart} with the bar's end one pixel apart"
        )
        if shown.samples:
            equal = "equal" if compared.same_samples else "DIFFER FROM"
            print(
                f"{product}, {form}: {compared.samples:,} samples {equal} the emulator's, "
                f"but for {compared.stall:.0f} ms in which the board's ring ran dry",
                flush=True,
            )
    return result


def _line(product: str, form: str, name: str, value: float) -> str:
    unit = "" if name.startswith("requests") or name.endswith("bytes") else " ms"
    line = f"{product}, {form}: {name}: {value:,.0f}{unit}"
    limit = figures.budget(product, form, name)
    if limit is None:
        return line
    return f"{line}; budget {limit:,} ms; {'good' if value <= limit else 'MISSED'}"


if __name__ == "__main__":
    sys.exit(main())
