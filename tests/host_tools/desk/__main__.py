"""`python -m tests.host_tools.desk`: take the pictures of the page for docs/."""

import re
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from host_tools.image.image import build_image
from tests.host_tools.desk.customer import Customer, demonstrated
from tests.support import browser as chromium
from tests.support.emulated.desk import BOARDS, SECRET, application, at_desk
from tests.support.pictures import save

_WIDE, _PHONE = {"width": 1280, "height": 760}, {"width": 390, "height": 760}
_ZOOMED = {"width": 640, "height": 500}  # what 200 % leave of a window of 1280
_PICTURES = (
    ("kodeoplaeser", "", "light", _WIDE, 1),
    ("kodeoplaeser", "-dark", "dark", _WIDE, 1),
    ("kodeoplaeser", "-dark-200", "dark", _ZOOMED, 2),
    ("kodeoplaeser", "-phone", "light", _PHONE, 2),
    ("kodeviser", "", "dark", _PHONE, 2),
    ("kodeviser", "-light", "light", _WIDE, 1),
    ("kodeviser", "-light-200", "light", _ZOOMED, 2),
    ("kodeviser", "-dark", "dark", _WIDE, 1),
    ("kodeviser", "-dark-200", "dark", _ZOOMED, 2),
)


def main() -> None:
    """Take each picture of a token that shows a code, and one of the demonstration."""
    with sync_playwright() as playwright, chromium.launched(playwright) as browser:
        for picture in _PICTURES:
            take(browser, *picture)
        take_demonstration(browser)


def take(
    browser: Browser, product: str, name: str, scheme: str, size: dict[str, int], scale: int
) -> None:
    """Press the red key, wait until all is said, and take the picture."""
    image = build_image(product, BOARDS[product])
    with (
        tempfile.TemporaryDirectory() as folder,
        at_desk(product, image, Path(folder), 1) as desk,
        chromium.served(application(desk)) as address,
    ):
        page = browser.new_page(
            viewport=size,  # type: ignore[arg-type]
            color_scheme=scheme,  # type: ignore[arg-type]
            device_scale_factor=scale,
            locale="en-GB",
        )
        page.goto(f"{address}/#{SECRET}")
        page.locator(".key-red").click()
        if product == "kodeoplaeser":
            expect(page.locator("#token-1-captions p")).to_have_count(1, timeout=chromium.PATIENCE)
        expect(page.locator("#token-1-shown")).to_contain_text(
            re.compile(r"\d{3} \d{3}"), timeout=chromium.PATIENCE
        )
        page.evaluate("scrollTo(0, 0)")
        save(page.screenshot(), f"desk-{product}{name}.png")
        page.close()  # the server waits for who listens


def take_demonstration(browser: Browser) -> None:
    """Take the picture of a payment that waits for approval."""
    with (
        tempfile.TemporaryDirectory() as folder,
        demonstrated("kodeviser", Path(folder, "token")) as address,
    ):
        page = browser.new_page(viewport={"width": 1280, "height": 840}, locale="en-GB")
        page.goto(address)
        page.locator("details.controls > summary").click()
        customer = Customer(page, "en")
        customer.order()
        customer.begin_activation()
        customer.activate()
        customer.begin_sign_in()
        customer.sign_in()
        customer.new_code()
        page.locator("details.controls > summary").click()
        page.evaluate("scrollTo(0, 0)")
        save(page.screenshot(), "desk-demo.png")
        page.close()


if __name__ == "__main__":
    main()
