"""Tables in plain text: columns of equal width, two spaces apart, which a screen reader reads
well."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from host_tools.cli.output import localized

_NOTHING = "-"  # in a column that the row does not have


def lines(head: Mapping[str, str], rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Give a line of column heads (`head`, by column name) and one for each row; columns that no
    row fills are left out. The rows are gone through twice, and not kept."""
    widths: dict[str, int] = {}
    empty = set(head)
    for row in rows:
        for name in head:
            value = row.get(name)
            widths[name] = max(widths.get(name, 0), len(_cell(value)))
            if value is not None:
                empty.discard(name)
    names = [name for name in head if name not in empty]
    heads = [localized(head[name]) for name in names]
    columns = [max(len(title), widths[name]) for name, title in zip(names, heads, strict=True)]
    yield _line(heads, columns)
    for row in rows:
        yield _line([_cell(row.get(name)) for name in names], columns)


def _line(cells: Iterable[str], widths: Iterable[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _cell(value: object) -> str:
    if value is None:
        return _NOTHING
    return localized(value if isinstance(value, str) else str(value))
