"""Fit the costs of emulator/pace.py to the table of figures: print new costs, and what they give.

Each cost is changed a little, and the times follow nearly in proportion; so least squares of the
relative errors give better costs, which are held near to those that there are. Copy what is printed
into emulator/pace.py, and let `python -m tests.board --pace --figures docs/figures.json` write the
table. Arguments: the costs to change (default: all that the figures show well).
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import numpy as np

from emulator.pace import RP2040, Costs, Function
from tests.board import figures, paced

_FITTED = [
    "allocated",
    "loaded",
    "module",
    "live",
    "call",
    "glyph",
    "pixel",
    "firmware.crypto.x25519_native.ladder",
    "firmware.drivers.sharp_lcd_native.copy",
    "firmware.drivers.sharp_lcd_native.pack",
]
_STEP = 0.3  # of a cost, to see what it does
_MOST = 0.6  # of a cost that a round may change
_HELD = 0.1  # weight of holding a cost where it is, against a relative error of a figure
_Row = tuple[str, str]  # product, figure


def value(costs: Costs, name: str) -> int:
    """Give a cost as one number; a function's is that of a call, or else of a byte in it."""
    cost = costs[name]
    return cost if isinstance(cost, int) else cost.call or cost.allocated


def changed(costs: Costs, name: str, value: int) -> Costs:
    """Give costs of which one is another number."""
    cost: int | Function = costs[name]
    if isinstance(cost, Function):
        which = "call" if cost.call else "allocated"
        return {**costs, name: replace(cost, **{which: value})}
    return {**costs, name: value}


def better(rows: dict[_Row, float], costs: Costs, fitted: list[str]) -> Costs:
    """Give costs by which the emulator comes nearer to the figures `rows`."""
    products = sorted({product for product, _ in rows})
    tried = [costs] + [
        changed(costs, name, round(value(costs, name) * (1 + _STEP))) for name in fitted
    ]
    jobs = [(product, one) for one in tried for product in products]
    with ProcessPoolExecutor() as pool:
        results = list(pool.map(paced.measured, *zip(*jobs, strict=True)))
    given = np.array([
        [
            results[at * len(products) + products.index(product)][name]
            for product, name in rows
        ]
        for at in range(len(tried))
    ])  # fmt: skip
    wanted = np.array(list(rows.values()))
    slopes = ((given[1:] - given[0]) / wanted / _STEP).T
    held = _HELD * np.sqrt(len(rows)) * np.eye(len(fitted))
    error = np.concatenate([(wanted - given[0]) / wanted, np.zeros(len(fitted))])
    change = np.linalg.lstsq(np.vstack([slopes, held]), error, rcond=None)[0].clip(-_MOST, _MOST)
    for name, part in zip(fitted, change, strict=True):
        costs = changed(costs, name, round(value(costs, name) * (1 + part)))
    return costs


def main() -> None:
    """Fit and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.board.fit", description=__doc__)
    parser.add_argument("costs", nargs="*", default=_FITTED)
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    table = figures.load()
    rows = {
        (product, name): row[figures.BOARD]
        for product, forms in table.items()
        for name, row in forms[figures.FILES].items()
        if figures.paced(name) and figures.BOARD in row
    }
    costs = RP2040
    for _ in range(arguments.rounds):
        costs = better(rows, costs, arguments.costs)
    for product in table:
        given = paced.measured(product, costs)
        for (of, name), wanted in rows.items():
            if of == product:
                print(f"{product}: {name}: {wanted:,.0f} {given[name] - wanted:+,.0f} ms "
                      f"({given[name] / wanted - 1:+.0%})")  # fmt: skip
    for name in arguments.costs:
        print(f"{name}: {value(RP2040, name):,} -> {value(costs, name):,}")


if __name__ == "__main__":
    main()
