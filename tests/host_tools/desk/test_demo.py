"""`kodebrik demo --web` in Chromium: the whole story, by what is on the page alone."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from tests.host_tools.desk.customer import LOCALES, Customer, Typist, demonstrated
from tests.support import browser as chromium

PICTURES = os.environ.get("KODEBRIK_SCREENSHOTS")  # a folder for pictures of the pages, for eyes


def opened(browser: Browser, address: str, language: str) -> tuple[Page, list[str]]:
    """Open the page; give it and the errors of its console, as they come."""
    context = browser.new_context(locale=LOCALES[language])
    context.set_default_timeout(chromium.PATIENCE)
    page, problems = context.new_page(), list[str]()

    def heard(said: ConsoleMessage) -> None:
        if said.type == "error":
            problems.append(said.text)

    page.on("console", heard)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(address)
    expect(page.locator("time")).not_to_be_empty()
    return page, problems


def judge(customer: Customer, step: str) -> None:
    """Assert that page and frame have no accessibility violation, wide and narrow, and that both
    reflow."""
    page = customer.page
    expect(page.locator('[aria-current="step"]')).to_have_attribute("data-step", step)
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 900})
        for place, one in ((page.locator("h1"), page), (customer.iframe, page.frames[1])):
            place.scroll_into_view_if_needed()  # what nobody sees is not laid out at once
            one.wait_for_function("() => document.documentElement.scrollWidth <= innerWidth")
            assert chromium.violations(one) == [], f"{step}, {width}"
        if PICTURES:
            page.screenshot(path=Path(PICTURES, f"demo-{step}-{width}.png"), full_page=True)
    page.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.parametrize(("product", "language"), [("kodeviser", "da"), ("kodeoplaeser", "en")])
def test_the_story_from_order_to_approval_by_what_is_on_the_page(
    browser: Browser, tmp_path: Path, product: str, language: str
) -> None:
    with demonstrated(product, tmp_path / "token") as address:
        page, problems = opened(browser, address, language)
        page.locator("details.controls > summary").click()
        customer = Customer(page, language)

        judge(customer, "order")
        customer.order()
        assert customer.serial_on_the_back() == customer.said(customer.words.serial)
        judge(customer, "letter")
        customer.begin_activation()
        judge(customer, "activate")
        code = customer.activate()
        judge(customer, "sign-in")
        customer.begin_sign_in()
        judge(customer, "sign-in")
        customer.sign_in()
        judge(customer, "approve")
        customer.approve(code)
        refused = customer.field(customer.words.code)
        expect(refused).to_have_attribute("aria-invalid", "true")
        customer.approve(customer.new_code())
        approved = customer.bank.get_by_role("heading", name=customer.words.approved)
        expect(approved).to_be_visible()
        expect(page.locator("#what-now")).to_contain_text(re.compile("hele historien|whole story"))
        assert page.locator('[aria-current="step"]').count() == 0
        assert [one for one in problems if "422" not in one] == [], "but for the refused code"
        page.reload()
        expect(approved).to_be_visible()
        serial = customer.said(customer.words.serial)
        assert serial, "the letter is still there"
        other = "da" if language == "en" else "en"
        page.locator(f"nav a[hreflang={other}]").click()
        translated = Customer(page, other)
        expect(translated.letter).to_be_visible(timeout=chromium.PATIENCE)
        assert translated.said(translated.words.serial) == serial, "in the page's language"
        page.context.close()


@pytest.mark.parametrize(("product", "language"), [("kodeoplaeser", "en"), ("kodeviser", "da")])
def test_the_story_by_keyboard_alone(
    browser: Browser, tmp_path: Path, product: str, language: str
) -> None:
    with demonstrated(product, tmp_path / "token") as address:
        page, problems = opened(browser, address, language)
        customer = Typist(page, language)
        new_page = customer.bank.locator("#content")
        customer.use(page.locator("details.controls > summary"))
        customer.order()
        assert customer.focused(new_page), "the focus follows to the bank's next page"
        assert customer.serial_on_the_back() == customer.said(customer.words.serial)
        customer.begin_activation()
        assert customer.focused(new_page)
        page.keyboard.press("Tab")
        assert customer.focused(customer.field(customer.words.user_id)), "one Tab from there"
        code = customer.activate()
        assert customer.focused(new_page)
        customer.begin_sign_in()
        customer.sign_in()
        assert customer.focused(customer.field(customer.words.code))
        customer.approve(code)
        refused = customer.field(customer.words.code)
        expect(refused).to_have_attribute("aria-invalid", "true")
        assert customer.focused(refused)
        customer.approve(customer.new_code())
        approved = customer.bank.get_by_role("heading", name=customer.words.approved)
        expect(approved).to_be_visible()
        assert [one for one in problems if "422" not in one] == [], "but for the refused code"
        page.context.close()
