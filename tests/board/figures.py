"""The table of figures, docs/figures.json: what `make board` has measured on the emulated RP2040,
and what our emulator gives for the same where it charges the processor's time (emulator/pace.py).

    product -> form -> figure -> {"board": …, "pace": …, "budget": …}

Milliseconds, bytes or a number, as the figure's name says.
"""

import json
from pathlib import Path

FIGURES = Path(__file__).parents[2] / "docs/figures.json"
FILES, FROZEN = "from files", "frozen"
BOARD, PACE, BUDGET = "board", "pace", "budget"
# Milliseconds; what a figure may be at most, from files and frozen.
BUDGETS = {
    ("kodeviser", "power-on to the complete code"): (400, 150),
    ("kodeoplaeser", "power-on to the complete code"): (600, 300),
    ("kodeoplaeser", "power-on to the first sound"): (500, 250),
    ("kodeviser", "press, awake, to the complete frame"): (60, 60),
} | {
    (product, name): limits
    for product in ("kodeviser", "kodeoplaeser")
    for name, limits in {
        "first hello": (150, 150),
        "handshake NN": (700, 700),
        "handshake NNpsk0": (700, 700),
        "one request, longest": (120, 120),
        "provisioning, the token busy": (3000, 1500),
    }.items()
}
# Figures that hang on the host, that are no times, or that the costs cannot show: a hello of 15 ms,
# and what statvfs() takes, which looks at every block.
_NOT_PACED = (
    "provisioning, whole",
    "requests of a provisioning",
    "first hello",
    "later hello",
    "info",
)

Table = dict[str, dict[str, dict[str, dict[str, float]]]]


def load(path: Path = FIGURES) -> Table:
    """Give the table, empty when there is no such file."""
    table: Table = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return table


def save(table: Table, path: Path = FIGURES) -> None:
    """Write the table."""
    path.write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def put(table: Table, product: str, form: str, column: str, figures: dict[str, float]) -> None:
    """Replace a column of a product's form."""
    rows = table.setdefault(product, {}).setdefault(form, {})
    for row in rows.values():
        row.pop(column, None)
    for name, value in figures.items():
        rows.setdefault(name, {})[column] = value
        if (limit := budget(product, form, name)) is not None:
            rows[name][BUDGET] = limit
    for name in [name for name, row in rows.items() if not {BOARD, PACE} & set(row)]:
        del rows[name]


def budget(product: str, form: str, name: str) -> int | None:
    """Give what a figure may be at most."""
    limits = BUDGETS.get((product, name))
    return None if limits is None else limits[form == FROZEN]


def paced(name: str) -> bool:
    """Say whether a figure is a time of the token's own, which the pace should give too."""
    return name not in _NOT_PACED and not name.endswith("bytes")
