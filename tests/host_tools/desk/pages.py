"""Pages of the desk in Chromium, as fixtures, and what is done on them."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from host_tools.desk.token import DeskToken
from tests.support import browser as chromium
from tests.support.emulated.desk import SECRET, Made, application

Opened = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, desk: Made) -> Iterator[Opened]:
    """Open a page for a desk, or a further one for the same; it has no error in its console."""
    opened: list[tuple[Page, list[str]]] = []
    served: dict[tuple[int, ...], tuple[object, str]] = {}

    def open_one(*tokens: DeskToken, language: str = "da-DK", **options: object) -> Page:
        shown = tuple(map(id, tokens))
        if shown not in served:
            serving = chromium.served(application(*tokens))
            served[shown] = serving, serving.__enter__()
        address = served[shown][1]
        context = browser.new_context(locale=language, reduced_motion="reduce", **options)
        context.set_default_timeout(chromium.PATIENCE)
        page, problems = context.new_page(), []
        page.on(
            "console", lambda said: problems.append(said.text) if said.type == "error" else None
        )
        page.on("pageerror", lambda error: problems.append(str(error)))
        opened.append((page, problems))
        page.goto(f"{address}/#{SECRET}")
        for number in range(1, len(tokens) + 1):
            expect(page.locator(f"#token-{number}-time")).not_to_have_text("")
        return page

    yield open_one
    for page, problems in opened:
        page.context.close()
        assert problems == []
    for token_serving, _ in served.values():
        token_serving.__exit__(None, None, None)  # type: ignore[attr-defined]


def key(page: Page, name: str) -> None:
    page.locator(f'[data-key="{name}"]').click()


def settled(page: Page, number: int = 1) -> None:
    """Wait until what was done to a token is answered."""
    page.evaluate(
        "number => import('/static/desk.js').then(({tokens}) => tokens[number - 1].settled())",
        number,
    )
