"""Times on an RP2040, by the emulator's pace: virtual time, which no machine changes."""

from collections.abc import Callable

from tests.bench.figure import Figure
from tests.board import figures as table
from tests.board import paced


def _of(product: str, form: str) -> list[Callable[[], Figure]]:
    measured: dict[str, float] = {}

    def figure(name: str) -> Figure:
        if not measured:
            measured.update(paced.measured(product, form=form))
        limit = table.budget(product, form, name)
        assert limit is not None
        what = f"{product}, {form}: {name}, by the pace"
        return Figure(what, measured[name], "ms", "budget", limit)

    return [lambda name=name: figure(name) for of, name in table.BUDGETS if of == product]  # type: ignore[misc]


def figures() -> list[Callable[[], Figure]]:
    """List what is measured, in order."""
    return [
        figure
        for product in ("kodeviser", "kodeoplaeser")
        for form in (table.FILES, table.FROZEN)
        for figure in _of(product, form)
    ]
