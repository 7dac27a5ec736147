"""Tables in plain text: columns of equal width, two spaces apart, which a screen reader reads
well."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from host_tools.cli.output import localized

_NOTHING = "-"  # in a column that the row does not have


def lines(head: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Give a line of column heads (`head`, by column name) and one for each row; columns that no
    row fills are left out."""
    names = [name for name in head if any(row.get(name) is not None for row in rows)]
    cells = [[localized(head[name]) for name in names]]
    cells += [[_cell(row.get(name)) for name in names] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _cell(value: object) -> str:
    if value is None:
        return _NOTHING
    return localized(value if isinstance(value, str) else str(value))
