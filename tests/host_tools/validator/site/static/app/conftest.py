"""A telephone in Chromium, and the app on it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.host_tools.validator.operations.app.phone import new_page
from tests.support import browser as chromium
from tests.support.validator.app import Site


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    with chromium.served(site.client.app) as url:  # type: ignore[arg-type]
        yield url.replace("127.0.0.1", "localhost")  # WebAuthn takes no addresses


@pytest.fixture
def phone(browser: Browser, address: str) -> Iterator[BrowserContext]:
    opened = browser.new_context(
        base_url=address, locale="da-DK", viewport={"width": 390, "height": 844}
    )
    opened.set_default_timeout(chromium.PATIENCE)
    yield opened
    opened.close()


@pytest.fixture
def page(phone: BrowserContext) -> Iterator[Page]:
    opened = new_page(phone)
    yield opened
    assert opened.problems == []  # type: ignore[attr-defined]
