"""The app in Chromium when what was asked for arrives late: after a lock, a second press, or an
approval's end."""

import re
import time

import pytest
from playwright.sync_api import APIResponse, Page, Route, expect

from tests.host_tools.validator.operations.app.phone import (
    PAYMENT,
    approve,
    opened,
    outcome,
    sure,
    unlock,
    with_authenticator,
)
from tests.support.limits import REAL_LIMIT
from tests.support.validator.app import APP_PIN, Site
from tests.support.validator.clock import VirtualClock

# What a page does is the same with each database.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_a_question_left_and_asked_again_at_once_is_answered_by_its_own_buttons(
    page: Page, site: Site
) -> None:
    """The `close` event of the first question comes when the second is open already."""
    site.device("anna.holm", "2684", name="Tavle")
    opened(page, site)
    page.locator("#menu [data-go=account]").click()
    remove = page.get_by_role("button", name="Fjern Tavle")
    remove.evaluate(
        """button => {
            button.click();
            document.getElementById("sure").close();
            button.click();
            document.getElementById("sure-no").click();
            button.click();
        }"""
    )
    expect(page.locator("#sure")).to_be_visible()
    sure(page, APP_PIN)
    outcome(page, "Tavle er fjernet")


class Held:
    """The replies to requests of a page that are held back, though the server has carried the
    requests out."""

    def __init__(self, page: Page, path: str) -> None:
        self._page, self._path = page, path
        self._replies: list[tuple[Route, APIResponse]] = []
        page.route(path, lambda route: self._replies.append((route, route.fetch())))

    def awaits(self) -> None:
        """Wait until there is one."""
        end = time.monotonic() + REAL_LIMIT
        while not self._replies:
            assert time.monotonic() < end, f"nothing was asked of {self._path}"
            self._pause()

    def arrive(self) -> None:
        """Let them arrive, and the page do what it does with them."""
        for route, reply in self._replies:
            route.fulfill(response=reply)
        self._end()

    def lose(self) -> None:
        """Let the connection break before they arrive."""
        for route, _ in self._replies:
            route.abort()
        self._end()

    def _end(self) -> None:
        self._page.unroute(self._path)
        self._pause()

    def _pause(self) -> None:
        self._page.evaluate("new Promise((resolve) => setTimeout(resolve, 50))")


def test_a_reply_that_arrives_after_the_app_was_locked_changes_nothing(
    page: Page, site: Site
) -> None:
    opened(page, site)
    asked = site.ask()

    for path, act in (
        ("extend", page.locator("#extend").click),
        ("history", page.locator("#menu [data-go=account]").click),
        ("practice", page.locator("#menu [data-go=practice]").click),
        ("answer", lambda: approve(page, asked["digits"])),
    ):
        expect(page.locator("#approval")).to_be_visible()
        replies = Held(page, f"**/app/api/**/{path}")
        act()
        replies.awaits()
        page.locator("#lock").click()
        outcome(page, "Appen er låst")
        replies.arrive()
        outcome(page, "Appen er låst")
        expect(page.locator("main > section:visible")).to_have_id("unlocking")
        expect(page.locator("#menu")).to_be_hidden()
        unlock(page)
    expect(page.locator("#waiting h1")).to_have_text("Der venter ikke noget")
    assert site.state(asked) == "approved"
    replies = Held(page, "**/app/api/sessions")
    page.reload()
    unlock(page)
    replies.awaits()
    page.locator("#unlocking [data-go=users]").click()
    replies.arrive()
    expect(page.locator("main > section:visible")).to_have_id("users")


def test_a_lock_ends_the_telephones_question_for_its_user(page: Page, site: Site) -> None:
    answers = with_authenticator(page)
    opened(page, site, pin=None)
    asked = site.ask()
    page.locator("#digits").fill(asked["digits"])
    page.locator("#press").click()
    answers(False)
    sure(page)
    page.locator("#lock").click()
    outcome(page, "Appen er låst")
    answers(True)
    unlock(page, pin=None)
    page.locator("#press").click()
    sure(page)
    outcome(page, "^Godkendt")


def test_a_page_that_is_slow_to_come_does_not_take_the_place_of_one_chosen_after_it(
    page: Page, site: Site
) -> None:
    opened(page, site)
    site.ask()
    expect(page.locator("#approval")).to_be_visible()
    page.locator("#digits").fill("00")
    replies = Held(page, "**/app/api/history")
    page.locator("#menu [data-go=account]").click()
    replies.awaits()
    page.locator("#menu [data-go=waiting]").click()
    replies.arrive()
    expect(page.locator("#approval")).to_be_visible()
    page.locator("#press").click()
    expect(page.locator("#sure")).to_be_visible()


def test_who_presses_twice_means_once(page: Page, site: Site) -> None:
    twice = "form => { form.requestSubmit(); form.requestSubmit(); }"
    page.goto("/app")
    page.locator("#user_id").fill("anna.holm")
    page.locator("#code").fill(site.letter("anna.holm"))
    page.locator("#new_pin").fill(APP_PIN)
    page.locator("#same_pin").fill(APP_PIN)
    page.locator("#activate").evaluate(twice)
    outcome(page, "aktiveret for anna.holm")
    page.locator("#pin").fill("9999")
    page.locator("#unlock").evaluate(twice)
    outcome(page, "Forkert PIN-kode. Forsøg tilbage: 2.")
    unlock(page)
    asked = site.ask()
    page.locator("#digits").fill(asked["digits"])
    replies = Held(page, "**/answer")
    page.locator("#press").click()
    page.route("**/app/api/history", lambda route: route.abort())  # the poll tells nothing
    sure(page)
    replies.awaits()
    page.locator("#decline").click()
    sure(page)
    expect(page.locator("#status")).to_have_text("Serveren har ikke svaret endnu. Vent lidt.")
    replies.arrive()
    outcome(page, "^Godkendt")


def test_what_became_of_an_answer_is_not_taken_back_when_its_reply_is_lost_later(
    page: Page, site: Site
) -> None:
    opened(page, site)
    asked = site.ask(**PAYMENT)
    replies = Held(page, "**/answer")
    approve(page, asked["digits"])
    outcome(page, "^Godkendt")
    replies.lose()
    outcome(page, "^Godkendt")


def test_what_became_of_an_answer_is_told_last_when_its_reply_is_lost_while_that_is_asked_for(
    page: Page, site: Site
) -> None:
    opened(page, site)
    asked = site.ask(**PAYMENT)
    replies, told = Held(page, "**/answer"), Held(page, "**/app/api/history")
    polls = Held(page, "**/app/api/approvals?wait=0*")
    approve(page, asked["digits"])
    told.awaits()
    replies.lose()
    outcome(page, "kan være nået frem eller ej")
    polls.awaits()
    told.arrive()
    outcome(page, "^Godkendt")
    polls.arrive()
    outcome(page, "^Godkendt")


def test_a_question_and_what_was_begun_end_with_their_approval(page: Page, site: Site) -> None:
    opened(page, site)
    asked = site.ask(place="Odense")
    page.locator("#digits").fill(asked["digits"])
    replies = Held(page, "**/extend")
    page.locator("#extend").click()
    replies.awaits()
    page.locator("#swipe").fill("50")
    page.locator("#decline").click()
    expect(page.locator("#sure")).to_be_visible()
    other = site.ask(place="Lagos")  # of the same session: takes the first one's place
    expect(page.locator("#sure")).to_be_hidden()
    expect(page.locator("#asked-from")).to_have_text("Lagos")
    outcome(page, "venter ikke længere")
    replies.arrive()
    outcome(page, "venter ikke længere")
    expect(page.locator("#digits")).to_have_value("")
    expect(page.locator("#swipe")).to_have_value("0")
    assert (site.state(asked), site.state(other)) == ("cancelled", "waiting")


def test_a_report_is_asked_about_and_counts_though_its_approval_is_taken_back_meanwhile(
    page: Page, site: Site
) -> None:
    opened(page, site)
    asked = site.ask(place="Lagos")
    page.locator("#report").click()
    expect(page.locator("#sure")).to_be_visible()
    site.bank.delete(f"/v1/approvals/{asked['id']}")
    expect(page.locator("#sure-status")).to_have_text(re.compile("venter ikke længere"))
    expect(page.locator("#sure")).to_be_visible()
    sure(page)
    outcome(page, "^Det gælder ikke: Intet er godkendt. Det er meldt.")
    assert site.validator.app.report("anna.holm").id == asked["id"]


def test_who_answers_what_has_expired_can_still_say_that_it_was_not_them(
    page: Page, site: Site, clock: VirtualClock
) -> None:
    page.route("**/app/api/approvals?**", lambda _: None)  # no poll is answered
    asked = site.ask(place="Lagos")
    opened(page, site)
    expect(page.locator("#approval")).to_be_visible()
    clock.advance(301)
    approve(page, asked["digits"])
    outcome(page, "^Tiden var gået.*Hvis det ikke var dig, så sig det herunder.$")
    page.locator("#report-over").click()
    sure(page)
    outcome(page, "^Afvist. Det er meldt.")
    expect(page.locator("#waiting h1")).to_have_text("Ingen kan spørge dig")


def test_a_report_whose_reply_comes_after_its_approvals_end_was_told_is_told_too(
    page: Page, site: Site
) -> None:
    opened(page, site)
    asked = site.ask()
    replies = Held(page, "**/answer")
    page.locator("#report").click()
    sure(page)
    replies.awaits()
    outcome(page, "^Det er meldt")
    replies.arrive()
    outcome(page, "^Afvist. Det er meldt")
    assert site.state(asked) == "declined"


def test_a_session_that_ends_while_the_app_is_asked_to_stay_open_locks_it(
    page: Page, site: Site, clock: VirtualClock
) -> None:
    page.clock.install()
    opened(page, site)
    expect(page.locator("#waiting")).to_be_visible()
    clock.advance(28 * 60)
    page.clock.fast_forward("28:01")
    page.locator("#stay").click()
    replies = Held(page, "**/app/api/sessions")
    sure(page, APP_PIN)
    replies.awaits()
    clock.advance(2 * 60)
    outcome(page, "låst")
    replies.arrive()
    expect(page.locator("main > section:visible")).to_have_id("unlocking")
    expect(page.locator("#ending")).to_be_hidden()
