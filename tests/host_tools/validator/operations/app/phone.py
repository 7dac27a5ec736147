"""The app on a telephone in Chromium: what its user does, and what the page must always be."""

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from tests.support import browser as chromium
from tests.support.validator.app import APP_PIN, Site

PAYMENT = {"amount": "2300.00", "currency": "DKK", "account": "9978 000123456"}


def new_page(phone: BrowserContext) -> Page:
    opened = phone.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.problems = problems  # type: ignore[attr-defined]
    return opened


def with_authenticator(page: Page) -> Callable[[bool], None]:
    """Give the telephone an authenticator that verifies its user. Gives what says whether they
    answer it; at first they do."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})

    def answer(answers: bool) -> None:
        session.send("WebAuthn.setAutomaticPresenceSimulation", made | {"enabled": answers})

    return answer


def judge(page: Page) -> None:
    """Assert that axe-core finds nothing in what is shown, light, dark and in forced colours, and
    that nothing is wider than a small telephone. The rules about colours are those that a scheme
    changes."""
    for scheme, rules in (("light", chromium.RULES), ("dark", chromium.COLOURS)):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        assert chromium.violations(page, rules) == [], f"{heading(page)}, {scheme}"
    page.emulate_media(color_scheme="light", forced_colors="active")
    assert chromium.violations(page, chromium.COLOURS) == [], f"{heading(page)}, forced colours"
    page.emulate_media(forced_colors="none")
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    small = page.evaluate(
        """[...document.querySelectorAll('main button, main input')]
        .filter(one => one.checkVisibility() && !['checkbox', 'radio'].includes(one.type))
        .filter(one => one.getBoundingClientRect().height < 44).map(one => one.outerHTML)"""
    )
    assert small == []
    page.set_viewport_size({"width": 390, "height": 844})


def heading(page: Page) -> str:
    return page.locator("main h1:visible").inner_text()


def activate(page: Page, code: str, user_id: str = "anna.holm", pin: str | None = APP_PIN) -> None:
    """Activate the app by a letter; `pin` is None with an authenticator."""
    page.locator("#user_id").fill(user_id)
    page.locator("#code").fill(code)
    if pin is not None:
        page.locator("#new_pin").fill(pin)
        page.locator("#same_pin").fill(pin)
    page.locator("#activate button").click()


def unlock(page: Page, pin: str | None = APP_PIN) -> None:
    expect(page.locator("#unlocking")).to_be_visible()
    if pin is not None:
        page.locator("#pin").fill(pin)
    page.locator("#unlock button").first.click()


def opened(page: Page, site: Site, user_id: str = "anna.holm", pin: str | None = APP_PIN) -> None:
    """Activate the app on a fresh telephone, and open it."""
    page.goto("/app")
    expect(page.locator("#activation")).to_be_visible()
    activate(page, site.letter(user_id), user_id, pin)
    unlock(page, pin)


def sure(page: Page, pin: str | None = None) -> None:
    """Be sure in the dialog, with the PIN where it asks for it."""
    if pin is not None:
        page.locator("#sure_pin").fill(pin)
    page.locator("#sure-yes").click()


def approve(page: Page, digits: str, pin: str | None = None) -> None:
    """Type the digits and approve by a press."""
    page.locator("#digits").fill(digits)
    page.locator("#press").click()
    sure(page, pin)


def outcome(page: Page, text: str) -> None:
    expect(page.locator("#outcome")).to_have_text(re.compile(text))
    expect(page.locator("#status")).to_have_text(re.compile(text))
