"""The emulator's pace against the emulated RP2040, whose figures stand in docs/figures.json."""

import pytest

from emulator.pace import RP2040
from tests.board import figures, fit, paced
from tests.board.run_through import LARGEST_FREE

_WITHIN = 0.2  # of the RP2040's figure
_AGAIN = 0.05  # of the pace's own: the host draws the keys that the token computes with
_LARGEST = {figures.BOARD: 64 * 1024, figures.PACE: 60 * 1024}  # bytes, the least
_LEAST = 5  # milliseconds that any of them may differ
PRODUCTS = ("kodeviser", "kodeoplaeser")
FORMS = (figures.FILES, figures.FROZEN)


@pytest.fixture(scope="module", params=PRODUCTS)
def product(request: pytest.FixtureRequest) -> str:
    """Give each product in turn."""
    return str(request.param)


@pytest.fixture(scope="module", params=FORMS)
def form(request: pytest.FixtureRequest) -> str:
    """Give each form in turn."""
    return str(request.param)


@pytest.fixture(scope="module")
def given(product: str, form: str) -> dict[str, float]:
    """Give what the emulator's pace gives now."""
    return paced.measured(product, form=form)


def rows(product: str, form: str, column: str) -> dict[str, float]:
    """Give a column of the table of figures."""
    return {
        name: row[column] for name, row in figures.load()[product][form].items() if column in row
    }


def test_power_on_hello_requests_and_provisioning_take_as_long_as_on_the_rp2040(
    product: str, form: str, given: dict[str, float]
) -> None:
    board = rows(product, form, figures.BOARD)
    off = {
        name: round(given[name] / value - 1, 2)
        for name, value in board.items()
        if figures.paced(name) and abs(given[name] / value - 1) > _WITHIN
    }
    if not board:
        pytest.skip("docs/figures.json has no figures of make board for this form yet")
    assert len(board) > 3
    assert not off


def test_the_table_has_what_the_pace_gives(
    product: str, form: str, given: dict[str, float]
) -> None:
    kept = rows(product, form, figures.PACE)
    paced_names = {name for name in given if figures.paced(name)}
    assert paced_names <= set(kept)
    assert {name: given[name] for name in paced_names} == pytest.approx(
        {name: kept[name] for name in paced_names}, rel=_AGAIN, abs=_LEAST
    )


def test_no_budget_is_lost_again(product: str, form: str, given: dict[str, float]) -> None:
    """A figure keeps its budget, or stays what it was when it missed it."""
    kept = rows(product, form, figures.PACE)
    budgets = {
        name: figures.budget(product, form, name) or 0
        for of, name in figures.BUDGETS
        if of == product
    }
    assert budgets
    for name, limit in budgets.items():
        assert given[name] <= max(limit, kept[name] * (1 + _AGAIN)), name


def test_a_session_leaves_a_large_free_block(
    product: str, form: str, given: dict[str, float]
) -> None:
    """In the emulator's VM lie the modules that charge the time, too."""
    assert rows(product, form, figures.BOARD)[LARGEST_FREE] >= _LARGEST[figures.BOARD]
    assert given[LARGEST_FREE] >= _LARGEST[figures.PACE]


def test_a_cost_is_changed_alone() -> None:
    dearer = fit.changed(RP2040, "live", 999)
    assert fit.value(dearer, "live") == 999
    assert {**dearer, "live": RP2040["live"]} == RP2040
    for name in RP2040:
        assert fit.value(fit.changed(RP2040, name, 7), name) == 7


def test_the_fit_finds_a_cost_that_was_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    def measured(product: str, costs: object) -> dict[str, float]:
        value = fit.value(costs, "live")  # type: ignore[arg-type]
        return {"first": 100 + 2.0 * value, "second": 50 + 0.5 * value}

    class Here:
        def __enter__(self) -> "Here":
            return self

        def __exit__(self, *error: object) -> None: ...

        map = staticmethod(map)

    monkeypatch.setattr(paced, "measured", measured)
    monkeypatch.setattr(fit, "ProcessPoolExecutor", Here)
    wanted = measured("", fit.changed(RP2040, "live", 160))
    costs = RP2040
    for _ in range(8):
        costs = fit.better({("p", name): value for name, value in wanted.items()}, costs, ["live"])
    assert abs(fit.value(costs, "live") - 160) < 3


def test_the_table_has_the_budgets() -> None:
    for product, forms in figures.load().items():
        for form, kept in forms.items():
            for name, row in kept.items():
                assert row.get(figures.BUDGET) == figures.budget(product, form, name)


def test_a_column_of_the_table_is_replaced_whole() -> None:
    table: figures.Table = {}
    figures.put(table, "p", figures.FILES, figures.BOARD, {"old": 1, "kept": 2})
    figures.put(table, "p", figures.FILES, figures.PACE, {"kept": 3})
    figures.put(table, "p", figures.FILES, figures.BOARD, {"kept": 4})
    assert table == {"p": {"from files": {"kept": {"board": 4, "pace": 3}}}}
