"""`python -m tests.host_tools.validator.operations.app`: take the pictures of the app for docs/."""

import tempfile

from playwright.sync_api import Browser, Page, expect, sync_playwright

from host_tools.validator.notices.smtp import MailServer
from tests.host_tools.validator.operations.app.phone import PAYMENT, opened, sure
from tests.support import browser as chromium
from tests.support.pictures import save
from tests.support.validator import app
from tests.support.validator.clock import VirtualClock

_PHONE = {"width": 390, "height": 844}


def main() -> None:
    """Take a payment that waits, what came of it, and the user's devices."""
    with sync_playwright() as playwright, chromium.launched(playwright) as browser:
        take(browser, "en-GB", "light")
        take(browser, "da-DK", "dark")


def take(browser: Browser, language: str, scheme: str) -> None:
    """Take the pictures in a language and a colour scheme."""
    with (
        tempfile.TemporaryDirectory() as folder,
        app.opened(f"sqlite:///{folder}/validator.sqlite", VirtualClock()) as site,
        chromium.served(site.client.app) as address,  # type: ignore[arg-type]
    ):
        context = browser.new_context(
            base_url=address,
            locale=language,
            viewport=_PHONE,  # type: ignore[arg-type]
            color_scheme=scheme,  # type: ignore[arg-type]
            device_scale_factor=2,
        )
        context.set_default_timeout(chromium.PATIENCE)
        page = context.new_page()
        _notify(site, language[:2])
        asked = site.ask(**PAYMENT, place="Odense")
        opened(page, site)
        page.locator("#digits").fill(asked["digits"])
        _take(page, "approve", scheme)
        page.locator("#press").click()
        sure(page)
        expect(page.locator("#outcome")).to_be_visible()
        page.locator("#menu [data-go=account]").click()
        expect(page.locator("#device-list li")).to_have_count(1)
        _take(page, "account", scheme)
        context.close()


def _notify(site: app.Site, language: str) -> None:
    """Give the user an address and the server mail, so that the app offers messages."""
    state = site.client.app.state  # type: ignore[attr-defined]
    mail = MailServer(host="127.0.0.1", sender="kodebrik@example.org")
    state.settings = state.settings.model_copy(update={"mail": mail})
    values = {"email": "anna@example.org", "language": language, "notify_on_use": True}
    site.validator.set_user("anna.holm", **values, actor="test")  # type: ignore[arg-type]


def _take(page: Page, name: str, scheme: str) -> None:
    save(page.screenshot(full_page=True), f"app-{name}-{scheme}.png")


if __name__ == "__main__":
    main()
