"""The ten cases of `qa run --app` with the web app in Chromium as the device: what a case shows the
device, the app shows, and what the app's buttons send is judged as the case promises."""

import random
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from host_tools.qa.apps.cases import APP_CASES, AppEnvironment
from host_tools.qa.apps.play import play
from host_tools.qa.apps.server import AppServer, opened
from host_tools.qa.targets.selection import LOCAL, TargetSelection
from host_tools.qa.time_source import VIRTUAL_START, VirtualTime
from host_tools.qa.tokens.app_device import AppDevice, Json
from host_tools.secret import Secret
from host_tools.validator.operations.app import answers
from tests.support import browser as chromium

PIN = "4711"
_WAITING = "**/app/api/approvals?*"
_ANSWER = "**/app/api/approvals/*/answer"


@dataclass
class BrowserDevice(AppDevice):
    """The app in a page of Chromium. It draws the key, counts and signs; what waits comes from the
    case, as through a proxy that alters it or holds it back."""

    page: Page = field(kw_only=True)
    held: list[Route] = field(default_factory=list)  # the app's polls that are not answered yet

    def start(self, letter: str) -> None:
        """Activate by a letter, and open."""
        self.page.route(_WAITING, self._hold)
        self.page.goto("/app")
        for name, value in (("user_id", self.user_id), ("code", letter)):
            self.page.locator(f"#{name}").fill(value)
        for name in ("new_pin", "same_pin"):
            self.page.locator(f"#{name}").fill(self.pin)
        with self.page.expect_response("**/app/api/devices") as activated:
            self.page.locator("#activate button").click()
        self.device = activated.value.json()["device"]
        self.page.locator("#pin").fill(self.pin)
        with self.page.expect_response("**/app/api/sessions") as unlocked:
            self.page.locator("#unlock button").first.click()
        self.session = Secret(unlocked.value.json()["session"].encode())
        expect(self.page.locator("#menu")).to_be_visible()

    def answer(
        self, approval: Json, decision: str, digits: str = "", counter: int | None = None
    ) -> Json:
        """Answer by the app's buttons; give the server's verdict."""
        with self.page.expect_response(_ANSWER) as answered:
            self._decide(approval, decision, digits)
        verdict: Json = answered.value.json()
        return verdict

    def answer_body(
        self, approval: Json, decision: str, digits: str = "", counter: int | None = None
    ) -> Json:
        """Take what the app's buttons would send, and lose it."""
        self.page.route(_ANSWER, lambda route: route.abort())
        with self.page.expect_request(_ANSWER) as sent:
            self._decide(approval, decision, digits)
        expect(self.page.locator("#outcome")).to_be_visible()
        self.page.unroute(_ANSWER)
        body: Json = sent.value.post_data_json
        return body

    def _hold(self, route: Route) -> None:
        self.held.append(route)

    def _decide(self, approval: Json, decision: str, digits: str) -> None:
        self._show(approval)
        if decision == "approve":
            self.page.locator("#digits").fill(digits)
        self.page.locator("#press" if decision == "approve" else f"#{decision}").click()
        self.page.locator("#sure-yes").click()

    def _show(self, approval: Json) -> None:
        """Have the app hear that this waits, and open it."""
        while not self.held:
            self.page.wait_for_timeout(20)
        told = {"approvals": [approval], "now": approval["created_at"]}
        with self.page.expect_response(_WAITING):
            self.held.pop().fulfill(json=told)
        while not self.held:  # the app has taken it, and asks for more
            self.page.wait_for_timeout(20)
        self.page.locator("#menu [data-go=waiting]").click()
        expect(self.page.locator("#asked [aria-hidden]")).to_have_text(approval["text"])
        expect(self.page.locator("#asked-by")).to_have_text(approval["party_name"])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, chromium.launched(playwright) as started:
        expect.set_options(timeout=chromium.PATIENCE)
        yield started


def outcomes(browser: Browser, folder: Path) -> dict[str, tuple[bool, object]]:
    """Play every case; say which have passed, and what was in the way of one."""
    clock = VirtualTime(VIRTUAL_START)
    with ExitStack() as stack:
        server: AppServer = stack.enter_context(opened(TargetSelection(LOCAL), folder, clock))

        def device(user_id: str) -> BrowserDevice:
            context = stack.enter_context(closing(browser.new_context(base_url=server.url)))
            context.set_default_timeout(chromium.PATIENCE)
            http: Any = stack.enter_context(httpx2.Client(base_url=server.url))
            made = BrowserDevice(http, user_id, PIN, page=context.new_page())
            made.start(server.letter(user_id))
            return made

        server.device = device  # type: ignore[method-assign]
        env = AppEnvironment(server, clock, random.Random(1))
        results = play(env, APP_CASES, lambda _: None)
    return {each.case.name: (each.passed, each.error) for each in results}


def test_our_server_passes_every_case(browser: Browser, tmp_path: Path):
    every = dict.fromkeys((case.name for case in APP_CASES), (True, None))
    assert outcomes(browser, tmp_path) == every


def test_a_server_that_verifies_no_signature_is_caught(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(answers, "_is_proven", lambda *_: True)
    told = outcomes(browser, tmp_path)
    assert {name for name, one in told.items() if one == (False, None)} == {
        "app-altered",
        "app-replayed",
    }
