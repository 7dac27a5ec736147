"""The app in Chromium as its user has it: with a key and PIN of the browser's, and with a virtual
authenticator (WebAuthn)."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from host_tools.otp import codes
from host_tools.validator import site as site_package
from host_tools.validator.app_records import AppReason
from host_tools.validator.notices.smtp import MailServer
from tests.host_tools.validator.operations.app.phone import (
    PAYMENT,
    activate,
    approve,
    judge,
    new_page,
    opened,
    outcome,
    sure,
    unlock,
    with_authenticator,
)
from tests.support import browser as chromium
from tests.support.validator.app import APP_PIN, Site
from tests.support.validator.application import SUITE
from tests.support.validator.clock import VirtualClock
from tests.support.validator.tokens import activated

SCRIPTS = Path(site_package.__file__).with_name("static") / "app"
# What a page does is the same with each database.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_a_payment_is_read_and_approved_by_a_press(page: Page, site: Site) -> None:
    page.goto("/app")
    expect(page.locator("h1:visible")).to_have_text("Aktivér appen")
    judge(page)
    page.locator("#activate button").click()
    outcome(page, "^Udfyld: Bruger-ID$")
    expect(page.locator("#user_id")).to_be_focused()
    activate(page, "12345678", pin="1234")
    outcome(page, "PIN-kode er for let at gætte")
    activate(page, "12345678")
    outcome(page, "ikke aktiveret")
    activate(page, site.letter("anna.holm"))
    expect(page.locator("#unlocking")).to_be_visible()
    outcome(page, "aktiveret for anna.holm")
    judge(page)
    unlock(page)
    expect(page.locator("h1:visible")).to_have_text("Der venter ikke noget")
    judge(page)
    asked = site.ask(**PAYMENT, place="Odense")
    expect(page.locator("#approval h1")).to_be_visible()
    expect(page.locator("#status")).to_have_text("Der er kommet en anmodning.")
    expect(page.locator("#asked [aria-hidden]")).to_have_text(
        re.compile(r"2\.300 kr\. til konto 9978 000123456")
    )
    expect(page.locator("#asked .quiet")).to_have_text(
        re.compile(r"2 3 0 0 kr\. til konto 9 9 7 8, 0 0 0 1 2 3 4 5 6")
    )
    judge(page)
    page.locator("#press").click()
    outcome(page, "Tast de to cifre først")
    page.locator("#digits").fill(asked["digits"])
    page.locator("#press").click()
    judge(page)
    sure(page)
    outcome(page, "Godkendt")
    assert site.state(asked) == "approved"


def test_holding_and_swiping_approve_too(page: Page, site: Site) -> None:
    opened(page, site)
    asked = site.ask()
    page.locator("#digits").fill(" ".join(asked["digits"]))  # as they are heard
    page.locator("#hold").press(" ")
    outcome(page, "^Hold den nede i to sekunder")
    page.locator("#menu [data-go=waiting]").click()
    expect(page.locator("#outcome")).to_be_hidden()
    page.locator("#hold").click()
    outcome(page, "^Hold den nede i to sekunder")
    expect(page.locator("#hold")).to_have_text("Hold nede for at godkende")
    assert site.state(asked) == "waiting"
    page.locator("#hold").focus()
    page.keyboard.down(" ")
    outcome(page, "Godkendt")
    page.keyboard.up(" ")
    assert site.state(asked) == "approved"
    asked = site.ask()
    page.locator("#digits").fill(asked["digits"])
    page.locator("#swipe").scroll_into_view_if_needed()
    box = page.locator("#swipe").bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 36, middle)
    page.mouse.down()
    assert page.locator("#swipe").input_value() == "0", "that is on the handle still"
    page.mouse.move(box["x"] + box["width"] / 2, middle, steps=4)
    assert 40 < int(page.locator("#swipe").input_value()) < 60
    page.mouse.up()
    assert page.locator("#swipe").input_value() == "0"
    assert site.state(asked) == "waiting", "half the way is none"
    outcome(page, "^Tag fat i håndtaget")
    page.mouse.click(box["x"] + box["width"] - 8, middle)
    assert page.locator("#swipe").input_value() == "0"
    assert site.state(asked) == "waiting", "a press at the end is no swipe"
    page.mouse.move(box["x"] + 8, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"], middle, steps=8)
    page.mouse.up()
    outcome(page, "Godkendt")
    assert site.state(asked) == "approved"
    asked = site.ask()
    page.locator("#digits").fill(asked["digits"])
    page.locator("#swipe").focus()
    for _ in range(9):
        page.keyboard.press("ArrowRight")
    assert page.locator("#swipe").input_value() == "90", "keys go in steps"
    assert site.state(asked) == "waiting"
    page.keyboard.press("ArrowRight")
    outcome(page, "Godkendt")
    assert site.state(asked) == "approved"


def test_wrong_digits_declining_and_reporting(page: Page, site: Site) -> None:
    opened(page, site)
    asked = site.ask()
    wrong = f"{(int(asked['digits']) + 1) % 100:02}"
    approve(page, wrong)
    outcome(page, "ikke sidens cifre.*Forsøg tilbage: 2.")
    expect(page.locator("#digits")).to_have_value("")
    assert page.locator("#digits").get_attribute("aria-invalid") == "true"
    judge(page)
    page.locator("#decline").click()
    page.keyboard.press("Escape")
    assert site.state(asked) == "waiting", "Escape is no"
    page.locator("#decline").click()
    sure(page)
    outcome(page, "Afvist")
    assert site.state(asked) == "declined"
    other = site.ask(session="another-session-1")
    expect(page.locator("#approval")).to_be_visible()
    asked = site.ask()
    expect(page.locator("#others")).to_be_visible()
    page.locator("#report").click()
    sure(page)
    outcome(page, "meldt.*Også afvist: 1.")
    expect(page.locator("#waiting h1")).to_have_text("Ingen kan spørge dig")
    expect(page.locator("#waiting h1")).to_be_focused()
    assert (site.state(asked), site.state(other)) == ("declined", "declined")


@pytest.mark.parametrize("locale", ["da-DK", "en-GB"])
def test_after_a_report_the_app_says_at_its_opening_that_nobody_can_ask_until_that_is_lifted(
    site: Site, browser: Browser, address: str, locale: str
) -> None:
    telephone = browser.new_context(base_url=address, locale=locale)
    telephone.set_default_timeout(chromium.PATIENCE)
    page = new_page(telephone)
    phone = site.device("anna.holm")
    site.ask()
    assert phone.answer(phone.waiting()[0], "report")["accepted"]
    opened(page, site)
    title, said, wrong, lifted = {
        "da-DK": ("Ingen kan spørge dig", "»Det var ikke mig«", "Forkert PIN", "^Du kan"),
        "en-GB": ("Nobody can ask you", "“It was not me”", "Wrong PIN", "^You can be asked again"),
    }[locale]
    expect(page.locator("#waiting h1")).to_have_text(title)
    expect(page.locator("#waiting h1")).to_be_focused()
    expect(page.locator("#reported-what")).to_contain_text(said)
    judge(page)
    site.ask(place="Lagos")
    page.locator("#lift").click()
    judge(page)
    page.keyboard.press("Escape")
    assert phone.report() is not None, "Escape is no"
    page.locator("#lift").click()
    sure(page, "9999")
    outcome(page, wrong)
    assert phone.report() is not None
    page.locator("#lift").click()
    sure(page, APP_PIN)
    outcome(page, lifted)
    expect(page.locator("#reported")).to_be_hidden()
    expect(page.locator("#waiting h1")).to_be_focused()
    assert phone.report() is None
    site.ask(session="another-session-1", place="Odense")
    expect(page.locator("#asked-from")).to_have_text("Odense")
    expect(page.locator("#others")).to_be_hidden()
    assert page.problems == []  # type: ignore[attr-defined]
    telephone.close()


def test_a_report_that_another_device_makes_or_lifts_is_told_where_the_app_is_open(
    page: Page, site: Site
) -> None:
    phone = site.device("anna.holm")
    opened(page, site)
    site.ask()
    expect(page.locator("#approval")).to_be_visible()
    assert phone.answer(phone.waiting()[0], "report")["accepted"]
    outcome(page, "meldt")
    expect(page.locator("#waiting h1")).to_have_text("Ingen kan spørge dig")
    phone.lift(phone.report())
    outcome(page, "^Du kan blive spurgt igen: Meldingen er ophævet på en anden")
    expect(page.locator("#waiting h1")).to_have_text("Der venter ikke noget")
    expect(page.locator("#reported")).to_be_hidden()


def test_a_page_that_is_open_while_the_help_desk_lifts_the_report_says_one_thing(
    page: Page, site: Site
) -> None:
    opened(page, site)
    site.ask()
    page.locator("#report").click()
    sure(page)
    outcome(page, "Ingen kan spørge dig nu")
    page.locator("#menu [data-go=account]").click()
    expect(page.locator("#account")).to_be_visible()
    site.api("desk").delete("/v1/reports/anna.holm")
    outcome(page, "^Du kan blive spurgt igen: Meldingen er ophævet")
    page.locator("#menu [data-go=waiting]").click()
    page.locator("#menu [data-go=account]").click()
    expect(page.locator("#history-list li").first).to_have_text(
        re.compile("melding ophævet af supporten: spørges igen fra da af$")
    )
    page.locator("#menu [data-go=waiting]").click()
    site.ask(session="browser-session-2")
    page.locator("#report").click()
    sure(page)
    outcome(page, "Ingen kan spørge dig nu")
    with page.expect_response("**/app/api/approvals?**"):
        site.api("desk").delete("/v1/reports/anna.holm")
        site.ask(session="browser-session-3", place="Odense")
    expect(page.locator("#asked-from")).to_have_text("Odense")
    expect(page.locator("#outcome")).to_be_hidden()


def test_what_ended_while_it_was_shown_is_reported_still(
    page: Page, site: Site, clock: VirtualClock
) -> None:
    tablet = site.device("anna.holm", "2684", name="Tavle")
    opened(page, site)
    asked = site.ask(place="Lagos")
    expect(page.locator("#approval")).to_be_visible()
    clock.advance(301)
    outcome(page, "Tiden var gået.*Hvis det ikke var dig, så sig det herunder.$")
    expect(page.locator("#over")).to_contain_text("Lagos")
    judge(page)
    page.locator("#report-over").click()
    page.keyboard.press("Escape")
    assert tablet.report() is None, "Escape is no"
    page.locator("#report-over").click()
    sure(page)
    outcome(page, "^Afvist. Det er meldt. Ingen kan spørge dig nu")
    expect(page.locator("#over")).to_be_hidden()
    assert tablet.report()["id"] == asked["id"]
    tablet.lift(tablet.report())
    outcome(page, "^Du kan blive spurgt igen")
    asked = site.ask(session="browser-session-2")
    expect(page.locator("#approval")).to_be_visible()
    assert tablet.answer(tablet.waiting()[0], "approve", asked["digits"])["accepted"]
    outcome(page, "^Besvaret på Tavle. Godkendt.")
    page.locator("#report-over").click()
    sure(page)
    outcome(page, "^Det gælder ikke: Intet er godkendt. Det er meldt.")
    assert site.state(asked) == "cancelled"
    tablet.lift(tablet.report())
    outcome(page, "^Du kan blive spurgt igen")
    asked = site.ask(session="browser-session-3")
    expect(page.locator("#approval")).to_be_visible()
    assert tablet.answer(tablet.waiting()[0], "approve", asked["digits"])["accepted"]
    assert site.bank.post(f"/v1/approvals/{asked['id']}/use").json() == {"used": True}
    page.locator("#report-over").click()
    sure(page)
    outcome(page, "^Det var godkendt og er allerede brugt: Ring straks til Lillebælt Sparekasse.")
    page.locator("#lock").click()
    unlock(page)
    expect(page.locator("#reported-what")).to_contain_text("Ring straks til Lillebælt Sparekasse")
    assert tablet.report()["id"] == asked["id"]


def test_what_a_report_ends_is_told_on_the_page(page: Page, site: Site) -> None:
    tablet = site.device("anna.holm", "2684", name="Tavle")
    given = site.ask(session="browser-session-2")
    assert tablet.answer(tablet.waiting()[0], "approve", given["digits"])["accepted"]
    opened(page, site)
    site.ask()
    page.locator("#report").click()
    sure(page)
    outcome(page, "^Afvist. Det er meldt.*Godkendt, endnu ikke brugt, og nu ophævet: 1.$")
    page.locator("#menu [data-go=account]").click()
    expect(page.locator("#history-list")).to_contain_text("godkendt før, ophævet ved en melding")


def test_to_practise_reporting_reports_nothing(page: Page, site: Site) -> None:
    opened(page, site)
    site.ask()
    expect(page.locator("#approval")).to_be_visible()
    page.locator("#menu [data-go=practice]").click()
    expect(page.locator("#practice-hint")).to_be_visible()
    page.locator("#report").click()
    sure(page)
    outcome(page, "^(?!.*Også afvist)")
    expect(page.locator("#waiting h1")).to_have_text("1 anmodning venter")
    expect(page.locator("#reported")).to_be_hidden()


def test_two_at_once_are_shown_with_times_and_places(page: Page, site: Site) -> None:
    opened(page, site)
    first = site.ask(place="Odense", **PAYMENT)
    expect(page.locator("#asked-from")).to_have_text("Odense")
    second = site.ask(session="another-session-1", place="Lagos")
    expect(page.locator("#others")).to_contain_text("Lagos")
    judge(page)
    page.locator("#menu [data-go=waiting]").click()
    expect(page.locator("h1:visible")).to_have_text("2 anmodninger venter")
    judge(page)
    page.locator("#waiting-list button", has_text="Lagos").click()
    expect(page.locator("#others")).to_contain_text("Odense")
    page.locator("#decline").click()
    sure(page)
    outcome(page, "Afvist")
    expect(page.locator("#waiting-list li")).to_have_text(re.compile("Odense"))
    assert (site.state(first), site.state(second)) == ("waiting", "declined")


def test_the_end_of_the_session_is_told_and_the_app_stays_open_where_it_is(
    page: Page, site: Site, clock: VirtualClock
) -> None:
    """WCAG 2.2, 2.2.1 and 2.2.5."""
    page.clock.install()
    opened(page, site)
    expect(page.locator("#waiting")).to_be_visible()
    page.clock.fast_forward("27:30")
    expect(page.locator("#ending")).to_be_hidden()
    clock.advance(28 * 60)
    asked = site.ask()
    expect(page.locator("#approval")).to_be_visible()
    page.locator("#digits").fill(asked["digits"])
    page.clock.fast_forward("00:31")
    expect(page.locator("#ending")).to_contain_text("låses om to minutter")
    judge(page)
    page.locator("#stay").press("Enter")
    sure(page, "9999")
    outcome(page, "Forkert PIN-kode. Forsøg tilbage: 2.")
    page.locator("#stay").press("Enter")
    sure(page, APP_PIN)
    outcome(page, "Appen forbliver åben")
    expect(page.locator("#digits")).to_be_focused()
    expect(page.locator("#ending")).to_be_hidden()
    clock.advance(150)  # the former session would be over
    page.locator("#press").click()
    sure(page)
    outcome(page, "^Godkendt")
    assert site.state(asked) == "approved"


def test_what_was_typed_is_still_there_after_the_app_has_locked_itself(
    page: Page, site: Site, clock: VirtualClock
) -> None:
    page.clock.install()
    opened(page, site)
    expect(page.locator("#waiting")).to_be_visible()
    clock.advance(30 * 60 - 3)
    asked = site.ask()
    page.locator("#digits").fill(asked["digits"])
    page.locator("#press").click()
    expect(page.locator("#sure")).to_be_visible()
    clock.advance(3)
    outcome(page, "Appen har låst sig selv")
    expect(page.locator("#sure")).to_be_hidden()
    page.clock.fast_forward("04:30")
    outcome(page, "Appen har låst sig selv")  # the time left is not told any more
    unlock(page)
    expect(page.locator("#digits")).to_have_value(asked["digits"])
    page.locator("#press").click()
    sure(page)
    outcome(page, "^Godkendt")


def test_what_comes_and_goes_is_told(page: Page, site: Site, clock: VirtualClock) -> None:
    opened(page, site)
    page.locator("#menu [data-go=waiting]").click()
    site.ask()
    expect(page.locator("#approval")).to_be_visible()
    site.ask(session="another-session-1")
    expect(page.locator("#status")).to_have_text(re.compile("kommet en.*flere anmodninger"))
    page.locator("#menu [data-go=waiting]").click()
    page.locator("#waiting-list button").first.click()
    page.locator("#decline").click()
    sure(page)
    outcome(page, "Afvist")
    taken = site.ask(session="another-session-2")
    expect(page).to_have_title(re.compile("^2 anmodninger venter"))
    expect(page.locator("#outcome")).to_be_hidden()
    site.bank.delete(f"/v1/approvals/{taken['id']}")
    expect(page.locator("#status")).to_have_text("1 anmodning venter")
    expect(page.locator("#waiting h1")).to_have_text("1 anmodning venter")
    page.locator("#waiting-list button").first.click()
    page.context.set_offline(True)
    outcome(page, "Serveren kan ikke nås")
    page.context.set_offline(False)
    outcome(page, "Forbindelsen er tilbage")
    clock.advance(301)
    outcome(page, "Tiden var gået. Der er ikke godkendt noget")


def test_a_sentence_is_spoken_in_its_own_language(
    browser: Browser, site: Site, address: str
) -> None:
    tablet = browser.new_context(base_url=address, locale="en-GB")
    tablet.set_default_timeout(chromium.PATIENCE)
    page = new_page(tablet)
    opened(page, site)
    site.ask(**PAYMENT)
    expect(page.locator("#asked")).to_have_attribute("lang", "da")
    expect(page.locator("#asked")).to_contain_text("Overførsel")
    site.ask(text="Order 4711")
    outcome(page, "does not wait any more")  # the same session asks again
    expect(page.locator("#asked")).to_contain_text("Order 4711")
    expect(page.locator("#asked")).not_to_have_attribute("lang", re.compile(""))
    tablet.close()


def test_an_approval_that_is_taken_back_is_told(page: Page, site: Site) -> None:
    opened(page, site)
    asked = site.ask()
    expect(page.locator("#approval")).to_be_visible()
    site.bank.delete(f"/v1/approvals/{asked['id']}")
    outcome(page, "venter ikke længere")


def test_time_is_told_and_extended(page: Page, site: Site, clock: VirtualClock) -> None:
    opened(page, site)
    site.ask()
    expect(page.locator("#approval")).to_be_visible()
    page.reload()
    clock.advance(245)
    unlock(page)
    expect(page.locator("#status")).to_have_text(re.compile("^Der er 5\\d sekunder tilbage.$"))
    page.locator("#extend").click()
    expect(page.locator("#status")).to_have_text(
        re.compile("^Tid tilbage: .*Forlængelser tilbage: 9.")
    )
    expect(page.locator("#left")).to_have_text(re.compile("Tid tilbage: (5:00|4:5)"))


def test_another_device_is_activated_and_removed(
    page: Page, site: Site, browser: Browser, address: str
) -> None:
    opened(page, site)
    page.locator("#menu [data-go=account]").click()
    expect(page.locator("#device-list li")).to_have_count(1)
    judge(page)
    page.locator("#another").click()
    sure(page)
    expect(page.locator("#sure-wrong")).to_have_text(re.compile("^Udfyld: .*PIN-kode$"))
    expect(page.locator("#sure_pin")).to_be_focused()
    judge(page)
    sure(page, "9999")
    outcome(page, "Forkert PIN-kode. Forsøg tilbage: 2.")
    page.locator("#another").click()
    sure(page, APP_PIN)
    expect(page.locator("#another-code")).to_be_visible()
    spoken = re.compile(r"^Kode (\d \d \d \d, ){2}\d \d \d \d, gælder til 15\. jan\. 2027, 08\.10$")
    expect(page.locator("#another-code .quiet")).to_have_text(spoken)
    expect(page.locator("#status")).to_have_text(spoken)
    found = re.search(r"\d{4} \d{4} \d{4}", page.locator("#another-code").inner_text())
    assert found
    tablet = browser.new_context(base_url=address, locale="en-GB")
    tablet.set_default_timeout(chromium.PATIENCE)
    second = new_page(tablet)
    second.goto("/app")
    second.locator("[name=way][value=device]").check()
    second.locator("#name").fill("Tablet")
    activate(second, found[0])
    unlock(second)
    expect(second.locator("h1:visible")).to_have_text("Nothing waits for you")
    asked = site.ask()
    second.locator("#digits").fill(asked["digits"])
    second.locator("#press").click()
    sure(second)
    outcome(second, "Approved")
    page.locator("#menu [data-go=account]").click()
    expect(page.locator("#history-list")).to_contain_text("godkendt, Tablet")
    page.locator("#device-list button", has_text="Tablet").click()
    sure(page, APP_PIN)
    outcome(page, "Tablet er fjernet")
    expect(page.locator("#device-list li")).to_have_count(1)
    expect(page.locator("#history-list")).to_contain_text("fjernet, Tablet")
    expect(page.locator("#history-list")).to_contain_text("godkendt, Tablet")
    outcome(second, "The app was locked. Open it again to go on.")
    unlock(second)
    outcome(second, "was removed")
    judge(second)
    second.locator("#forget").click()
    outcome(second, "removed for anna.holm")
    expect(second.locator("#activation")).to_be_visible()
    tablet.close()


def test_two_users_share_a_telephone_each_with_a_pin(page: Page, site: Site) -> None:
    opened(page, site)
    page.locator("#lock").click()
    page.locator("#unlocking [data-go=users]").click()
    page.locator("#users [data-go=activation]").click()
    activate(page, site.letter("bo.lund"), "bo.lund", "9264")
    unlock(page, "9264")
    expect(page.locator("h1:visible")).to_have_text("Der venter ikke noget")
    page.reload()
    expect(page.locator("#user-list button")).to_have_count(2)
    judge(page)
    page.locator("#user-list button", has_text="anna.holm").click()
    unlock(page, "9264")
    outcome(page, "Forkert PIN-kode")
    unlock(page)
    expect(page.locator("#waiting")).to_be_visible()


def test_notices_are_chosen_where_the_server_sends_some(page: Page, site: Site) -> None:
    opened(page, site)
    page.locator("#menu [data-go=account]").click()
    expect(page.locator("#notify")).to_be_disabled()
    expect(page.locator("#no-notices")).to_contain_text("Der sendes ikke beskeder")
    state = site.client.app.state  # type: ignore[attr-defined]
    mail = MailServer(host="127.0.0.1", sender="kodebrik@example.org")
    state.settings = state.settings.model_copy(update={"mail": mail})
    address = {"email": "anna@example.org", "language": "da", "notify_on_use": False}
    site.validator.set_user("anna.holm", **address, actor="test")  # type: ignore[arg-type]
    page.locator("#menu [data-go=account]").click()
    expect(page.locator("#notify")).to_be_enabled()
    expect(page.locator("#no-notices")).to_be_hidden()
    page.locator("#notify").click()
    page.keyboard.press("Escape")
    expect(page.locator("#notify")).not_to_be_checked()
    page.locator("#notify").click()
    sure(page, APP_PIN)
    outcome(page, "gemt")
    expect(page.locator("#notify")).to_be_checked()
    assert site.validator.user("anna.holm").notify_on_use


def test_a_token_that_asks_for_a_number_moves_its_user_to_the_app(
    page: Page, site: Site, clock: VirtualClock
) -> None:
    (speaking,) = activated(site.validator, clock, "bo.lund", suite=SUITE)
    page.clock.install()
    page.goto("/app")
    page.locator("[name=way][value=token]").check()
    expect(page.locator("#status")).to_have_text(re.compile("et tal"))
    page.locator("#of-token summary").click()
    judge(page)
    seen = page.locator("#token-number [aria-hidden]")
    number = seen.inner_text()
    expect(page.locator("#token-number .quiet")).to_have_text(" ".join(number))
    page.clock.fast_forward("04:31")
    activate(page, codes.ocra(speaking.secret, SUITE, number), "bo.lund")
    outcome(page, "nyt tal")
    expect(page.locator("#code")).to_be_focused()
    assert seen.inner_text() != number
    activate(page, codes.ocra(speaking.secret, SUITE, seen.inner_text()), "bo.lund")
    outcome(page, "aktiveret for bo.lund")


def test_what_is_wrong_of_an_activation_is_marked_and_focused(page: Page, site: Site) -> None:
    page.goto("/app")
    for code, pin, name, field in (
        ("12345678", "1234", "Telefon", "#new_pin"),
        ("12345678", APP_PIN, "x" * 60, "#name"),
        ("12345678", APP_PIN, "Telefon", "#code"),
    ):
        page.locator("#name").fill(name)
        activate(page, code, pin=pin)
        expect(page.locator(field)).to_be_focused()
        expect(page.locator(field)).to_have_attribute("aria-invalid", "true")
        expect(page.locator("[aria-invalid]")).to_have_count(1)
        said = page.locator("#outcome").inner_text()
        expect(page.locator(field)).to_have_accessible_description(re.compile(re.escape(said)))
    judge(page)


SPOKEN = [  # sentence, language, how it ends when it is spoken
    (
        *("Overførsel af 2.300 kr. til konto 9978 000123456", "da"),
        "af 2 3 0 0 kr. til konto 9 9 7 8, 0 0 0 1 2 3 4 5 6",
    ),
    ("12.345.678,90 kr.", "da", "1 2 3 4 5 6 7 8, 9 0 kr."),
    ("DKK 2,300.50 or 2.5", "en", "DKK 2 3 0 0, 5 0 or 2, 5"),
    ("Order 4711, 2,300 kr.", "en", "Order 4 7 1 1, 2 3 0 0 kr."),
    ("Kl. 14.30 2.000 kr.", "da", "Kl. 1 4, 3 0, 2 0 0 0 kr."),
    ("0.500 BTC", "da", "0, 5 0 0 BTC"),
    ("0,500 BTC", "en", "0, 5 0 0 BTC"),
    ("1,234 l", "da", "1, 2 3 4 l"),
    ("1.234 l", "en", "1, 2 3 4 l"),
    ("1.234.56 or 12.34.567", "da", "1, 2 3 4, 5 6 or 1 2, 3 4, 5 6 7"),
    ("1,5.234", "da", "1, 5, 2 3 4"),
    ("Pay 0.500 BTC", "", "Pay 0, 5 0 0 BTC"),
    ("Pay 1.234 EUR", "", "Pay 1, 2 3 4 EUR"),
    ("Pay 1,234 EUR", "", "Pay 1, 2 3 4 EUR"),
    ("Pay 1,234.56 EUR", "", "Pay 1, 2 3 4, 5 6 EUR"),
    ("Sign in to 10.100.200.150", "", "to 1 0, 1 0 0, 2 0 0, 1 5 0"),
    ("Betal 2 300 000 kr.", "", "Betal 2, 3 0 0, 0 0 0 kr."),
    ("Order 4711 100 kr.", "", "Order 4 7 1 1, 1 0 0 kr."),
    ("Hus 5, 100 kr.", "", "Hus 5, 1 0 0 kr."),
    ("Order 12. 500 kr.", "", "Order 1 2. 5 0 0 kr."),
    ("den 15.01.2027", "", "den 1 5, 0 1, 2 0 2 7"),
]


def test_numbers_are_spoken_digit_by_digit_and_never_as_another_number(page: Page) -> None:
    page.goto("/app")
    for sentence, language, spoken in SPOKEN:
        said = page.evaluate(
            "async said => (await import('/static/app/spoken.js')).digitByDigit(...said)",
            [sentence, language],
        )
        assert said.endswith(spoken), sentence


def test_every_text_that_the_app_says_is_on_its_page_and_each_is_said(
    page: Page, site: Site
) -> None:
    page.goto("/app")
    known = set(
        page.evaluate("Object.keys(JSON.parse(document.getElementById('texts').textContent))")
    )
    speaking = [
        one for one in SCRIPTS.glob("*.js") if one.name != "keys.js"
    ]  # its texts are signed
    scripts = "".join(one.read_text(encoding="utf-8") for one in speaking)
    named = set(re.findall(r"\btexts\.(\w+)", scripts))
    assert named - known == set()
    kinds = ("accepted_", "also_", "event_", "sure_", "yes_")
    told = {one.value for one in AppReason}
    assert {one for one in known - named if not one.startswith(kinds)} <= told


def test_practice_is_never_an_approval(page: Page, site: Site) -> None:
    opened(page, site)
    page.locator("#menu [data-go=practice]").click()
    expect(page.locator("#practice-hint")).to_be_visible()
    judge(page)
    approve(page, "42")
    outcome(page, "Det var en øvelse")
    page.locator("#menu [data-go=practice]").click()
    expect(page.locator("#practice-hint")).to_be_visible()
    site.ask()
    expect(page.locator("#status")).to_have_text("Der er kommet en anmodning.")


def test_a_telephone_that_verifies_its_user_needs_no_pin(page: Page, site: Site) -> None:
    with_authenticator(page)
    opened(page, site, pin=None)
    asked = site.ask(**PAYMENT)
    approve(page, asked["digits"])
    outcome(page, "Godkendt")
    told = site.bank.get(f"/v1/approvals/{asked['id']}").json()
    assert (told["state"], told["amr"]) == ("approved", ["hwk", "user"])


def test_where_the_telephone_verifies_its_user_no_act_asks_for_a_pin(
    page: Page, site: Site
) -> None:
    with_authenticator(page)
    tablet = site.device("anna.holm", "2684", name="Tavle")
    site.ask()
    assert tablet.answer(tablet.waiting()[0], "report")["accepted"]
    opened(page, site, pin=None)
    page.locator("#lift").click()
    expect(page.locator("#sure_pin")).to_be_hidden()
    sure(page)
    outcome(page, "^Du kan blive spurgt igen")
    assert tablet.report() is None
    page.locator("#menu [data-go=account]").click()
    page.locator("#another").click()
    expect(page.locator("#sure_pin")).to_be_hidden()
    sure(page)
    expect(page.locator("#another-code")).to_contain_text(re.compile(r"\d{4} \d{4} \d{4}"))
    page.get_by_role("button", name="Fjern Tavle").click()
    sure(page)
    outcome(page, "Tavle er fjernet")
    assert tablet.unlock()["reason"] == "removed"


def test_a_text_that_was_altered_on_its_way_is_not_approved(page: Page, site: Site) -> None:
    def alter(route: Any) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace("9978", "9979"))

    page.route("**/app/api/approvals", alter)
    asked = site.ask(**PAYMENT)
    opened(page, site)
    expect(page.locator("#asked")).to_contain_text("9979")
    approve(page, asked["digits"])
    outcome(page, "er ikke det, der blev spurgt om")
    assert site.state(asked) == "waiting"


def test_an_answer_whose_reply_is_lost_is_told_when_the_server_is_reached(
    page: Page, site: Site
) -> None:
    opened(page, site)
    asked = site.ask(**PAYMENT)

    def lose(route: Any) -> None:
        route.fetch()
        route.abort()

    page.route("**/answer", lose)
    approve(page, asked["digits"])
    outcome(page, "kan være nået frem eller ej|^Godkendt")
    outcome(page, "^Godkendt")
    assert site.state(asked) == "approved"


def test_an_answer_that_did_not_arrive_is_told_and_given_again(page: Page, site: Site) -> None:
    opened(page, site)
    asked = site.ask(**PAYMENT)
    answers: list[Any] = []

    def refuse_the_first(route: Any) -> None:  # a route of times=1 could lose the poll that follows
        answers.append(route)
        if len(answers) == 1:
            route.abort()
        else:
            route.continue_()

    page.route("**/answer", refuse_the_first)
    approve(page, asked["digits"])
    outcome(page, "nåede ikke frem")
    assert site.state(asked) == "waiting"
    page.locator("#press").click()
    sure(page)
    outcome(page, "^Godkendt")


def test_the_app_installs_as_a_program_and_says_when_there_is_no_connection(
    page: Page, site: Site
) -> None:
    opened(page, site)
    page.evaluate("navigator.serviceWorker.ready")
    manifest = page.context.new_cdp_session(page).send("Page.getAppManifest")
    described = json.loads(manifest["data"])
    assert manifest["errors"] == []
    assert (described["display"], described["start_url"]) == ("standalone", "/app")
    assert all(page.request.get(icon["src"]).ok for icon in described["icons"])
    page.reload()
    page.context.set_offline(True)
    page.locator("#pin").fill(APP_PIN)
    page.locator("#unlock button").first.click()
    outcome(page, "Serveren kan ikke nås")
    page.goto("/app")
    expect(page.locator("h1")).to_have_text("Der er ingen forbindelse")
    judge(page)
    page.context.set_offline(False)
    expect(page.locator("#status")).to_have_text("Forbindelsen er tilbage.")
    expect(page.locator("h1")).to_have_text("Forbindelsen er tilbage.")
    expect(page).to_have_title("Forbindelsen er tilbage. \u2013 kodebrik")
    judge(page)
    page.locator("main a").click()
    expect(page.locator("#unlocking")).to_be_visible()
