"""App devices that are the web app in Chromium, by Playwright: what a case shows a device, the app
shows, and what its buttons send is judged."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import (
    Browser,
    Error,
    Page,
    Playwright,
    Response,
    Route,
    ViewportSize,
    expect,
    sync_playwright,
)

from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message
from host_tools.qa.apps.devices import PIN, TOO_MANY, DeviceClient
from host_tools.qa.apps.server import AppServer
from host_tools.qa.cases.log import Screen
from host_tools.qa.tokens.app_device import AppDevice, Json
from host_tools.secret import Secret

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PATIENCE = 30_000.0  # ms in which the app must do what was awaited
_STEP = 20.0  # ms
_TELEPHONE = ViewportSize(width=390, height=844)  # CSS pixels
_WAITING = "**/app/api/approvals?*"
_ANSWER = "**/app/api/approvals/*/answer"
_LIFT = "**/app/api/reports/*/lift"


def installed(playwright: Playwright) -> str | None:
    """Give the path of Playwright's own Chromium, or of one of the system; None without any."""
    own = playwright.chromium.executable_path
    if Path(own).is_file():
        return own
    return next((path for path in map(shutil.which, _NAMES) if path), None)


@contextmanager
def launched(named: str) -> Iterator[Browser]:
    """Start the Chromium at a path, or the one that is installed, which is named "chromium",
    without a window. KodebrikError when there is none, or it does not start."""
    with sync_playwright() as playwright:
        program = installed(playwright) if named == "chromium" else named
        if program is None:
            raise KodebrikError("qa-no-chromium", ExitCode.NOT_INSTALLED)
        try:
            # Ctrl-C is the run's, which then reports what was played.
            browser = playwright.chromium.launch(executable_path=program, handle_sigint=False)
        except Error as error:
            raise KodebrikError(
                "qa-chromium-not-started",
                ExitCode.NOT_INSTALLED,
                path=program,
                reason=_first_line(error),
            ) from None
        try:
            yield browser
        finally:
            with suppress(Error):  # it may have ended itself
                browser.close()


class ChromiumDevices:
    """Each device is a page in a profile of its own."""

    def __init__(self, browser: Browser, server: AppServer, files: Path | None) -> None:
        """Open nothing yet. Pictures are kept in `files`."""
        self.name = Message("qa.app-chromium", version=browser.version)
        self._browser, self._server, self._files = browser, server, files
        self._client = DeviceClient(server)
        self._open: list[ChromiumDevice] = []

    def device(self, user_id: str) -> AppDevice:
        """As AppDevices.device."""
        letter = self._server.letter(user_id)
        with _page_errors():
            context = self._browser.new_context(
                base_url=self._server.url,
                locale=self._server.language,
                viewport=_TELEPHONE,
            )
            context.set_default_timeout(_PATIENCE)
            device = ChromiumDevice(self._client, user_id, PIN, page=context.new_page())
            self._open.append(device)
            device.start(letter, self._server.wait_for_guesses)
        return device

    def screens(self, number: int) -> tuple[Screen, ...]:
        """As AppDevices.screens."""
        return tuple(self._screen(number, place) for place in range(len(self._open)))

    def release(self) -> None:
        """As AppDevices.release."""
        for device in self._open:
            with suppress(Error):  # the browser may have ended
                device.end()
        self._open.clear()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _screen(self, number: int, place: int) -> Screen:
        device = self._open[place]
        picture = self._files and self._files / f"case-{number}-app-{place + 1}.png"
        try:
            if picture is not None:
                device.page.screenshot(path=picture, full_page=True)
            return Screen(device.user_id, device.page.locator("body").aria_snapshot(), picture)
        except Error as error:  # the case has failed already; the report says this too
            return Screen(device.user_id, _first_line(error))


@contextmanager
def _page_errors() -> Iterator[None]:
    """Turn what Playwright raises, when the app did not do what was awaited, into a KodebrikError
    that ends the case."""
    try:
        yield
    except (Error, AssertionError) as error:
        raise KodebrikError(
            "qa-app-page", ExitCode.CHECK_FAILED, reason=_first_line(error)
        ) from None


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


@dataclass
class ChromiumDevice(AppDevice):
    """The app in a page. It draws the key, counts and signs; what waits comes from the case, as
    through a proxy that alters it or holds it back."""

    page: Page = field(kw_only=True)
    held: list[Route] = field(default_factory=list)  # the app's polls that are not answered yet

    def start(self, letter: str, wait_for_guesses: Callable[[], None]) -> None:
        """Activate by a letter, and open; again when the network's guesses were used up."""
        self.page.route(_WAITING, self._hold)
        self.page.goto("/app")

        def activate() -> None:
            for name, value in (("user_id", self.user_id), ("code", letter)):
                self.page.locator(f"#{name}").fill(value)
            for name in ("new_pin", "same_pin"):
                self.page.locator(f"#{name}").fill(self.pin)
            self.page.locator("#activate button").click()

        def unlock() -> None:
            self.page.locator("#pin").fill(self.pin)
            self.page.locator("#unlock button").first.click()

        self.device = self._answered("**/app/api/devices", activate, wait_for_guesses)["device"]
        opened = self._answered("**/app/api/sessions", unlock, wait_for_guesses)
        self.session = Secret(opened["session"].encode())
        expect(self.page.locator("#menu")).to_be_visible(timeout=_PATIENCE)

    def set_clock(self, at: float) -> None:
        """As AppDevice.set_clock: the page's clock."""
        with _page_errors():
            self.page.clock.set_system_time(datetime.fromtimestamp(at, UTC))

    def answer(
        self, approval: Json, decision: str, digits: str = "", counter: int | None = None
    ) -> Json:
        """Answer by the app's buttons; give the server's verdict."""
        with _page_errors():
            with self.page.expect_response(_ANSWER) as answered:
                self._decide(approval, decision, digits)
            return _told(answered.value)

    def answer_body(
        self, approval: Json, decision: str, digits: str = "", counter: int | None = None
    ) -> Json:
        """Take what the app's buttons would send, and lose it."""
        with _page_errors():
            self.page.route(_ANSWER, lambda route: route.abort())
            with self.page.expect_request(_ANSWER) as sent:
                self._decide(approval, decision, digits)
            expect(self.page.locator("#outcome")).to_be_visible(timeout=_PATIENCE)
            self.page.unroute(_ANSWER)
            body: Json = sent.value.post_data_json or {}
        return body

    def lift(self, report: Json) -> Json:
        """Lift a report by the app's button; give the server's verdict."""
        with _page_errors():
            self._tell({"approvals": [], "now": report["reported_at"], "report": report})
            self.page.locator("#lift").click()
            self.page.locator("#sure_pin").fill(self.pin)
            with self.page.expect_response(_LIFT) as answered:
                self.page.locator("#sure-yes").click()
            expect(self.page.locator("#reported")).to_be_hidden(timeout=_PATIENCE)
            return _told(answered.value)

    def end(self) -> None:
        """Close the page, which may still wait for what the case holds back."""
        self.page.unroute_all(behavior="ignoreErrors")
        for poll in self.held:
            poll.abort()
        self.page.context.close()

    def _answered(
        self, url: str, press: Callable[[], None], wait_for_guesses: Callable[[], None]
    ) -> Json:
        """Press, and give what the server answers at `url`."""
        while True:
            with self.page.expect_response(url) as answered:
                press()
            if answered.value.status != TOO_MANY:
                return _told(answered.value)
            wait_for_guesses()

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
        self._tell({"approvals": [approval], "now": approval["created_at"], "report": None})
        for place, text in (
            ("#asked [aria-hidden]", approval["text"]),
            ("#asked-by", approval["party_name"]),
        ):
            expect(self.page.locator(place)).to_have_text(text, timeout=_PATIENCE)

    def _tell(self, told: Json) -> None:
        """Have the app hear what waits, and open that."""
        self._await_poll()
        with self.page.expect_response(_WAITING):
            self.held.pop().fulfill(json=told)
        self._await_poll()  # the app has taken it, and asks for more
        self.page.locator("#menu [data-go=waiting]").click()

    def _await_poll(self) -> None:
        """Wait until the app asks what waits."""
        ends = time.monotonic() + _PATIENCE / 1000
        while not self.held:
            if time.monotonic() > ends:
                raise KodebrikError(
                    "qa-app-page", ExitCode.CHECK_FAILED, reason=Message("qa-app-no-poll")
                )
            self.page.wait_for_timeout(_STEP)


def _told(response: Response) -> Json:
    """Give the body of an answer; KodebrikError when it is an error."""
    if not response.ok:
        raise KodebrikError(
            "qa-app-page",
            ExitCode.CHECK_FAILED,
            reason=f"{response.request.method} {response.url}: {response.status}",
        )
    body: Json = response.json()
    return body
