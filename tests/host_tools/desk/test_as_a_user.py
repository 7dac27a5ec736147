"""The page as somebody uses it from end to end: what is done by clicking and typing, what ten pages
show, and what a screen reader is told in which order."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from emulator.session import Emulator
from host_tools.desk.token import DeskToken
from host_tools.link import clock
from host_tools.link.session import open_session
from host_tools.link.transport import SerialTransport
from host_tools.secret import Secret
from tests.host_tools.desk.pages import Opened, key, settled
from tests.support import browser as chromium
from tests.support.emulated.desk import BOARDS, SECRET, Made, application
from tests.support.emulated.token import KEY, digits, totp
from tests.support.limits import REAL_LIMIT

NUMBER = re.compile(r"\d{3} \d{3}")

# The texts that are seen, in the order of the document, which is the order of the page.
_SEEN = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), seen = [];
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.replace(/\\s+/g, " ").trim();
    const hidden = element.closest("script, template, option, .quiet, [hidden]");
    if (text && !hidden && element.checkVisibility({ visibilityProperty: true })) seen.push(text);
  }
  return seen;
}"""


_FIELDS = {"checkbox", "combobox", "spinbutton", "textbox"}


def read_out(page: Page) -> list[str]:
    """Give the texts of Chromium's accessibility tree, and the names of its checkboxes, in
    its order."""
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    nodes = {node["nodeId"]: node for node in tree}
    texts: list[str] = []

    def walk(node: dict[str, Any]) -> None:
        role = "" if node["ignored"] else node["role"]["value"]
        if role in {"StaticText", "checkbox"}:  # in whose label the checkbox is: that is its name
            texts.append(" ".join(node["name"]["value"].split()))
        if role not in {"StaticText", "MenuListPopup", *_FIELDS}:
            for child in node.get("childIds", ()):
                walk(nodes[child])

    walk(tree[0])
    return [text.casefold() for text in texts if text]


@pytest.mark.parametrize("product", ["kodeviser", "kodeoplaeser"])
def test_a_screen_reader_is_told_what_is_seen_in_the_same_order(
    desk: Made,
    open_page: Opened,
    product: str,
) -> None:
    token = desk(product)
    page = open_page(token, language="en-GB")
    key(page, "red")
    expect(page.locator("#token-1-shown")).to_have_text(NUMBER)
    seen = [text.casefold() for text in page.evaluate(_SEEN)]
    assert len(seen) > 30
    told = read_out(page)
    quiet = {" ".join(text.split()).casefold() for text in page.locator(".quiet").all_inner_texts()}
    named = {f"tell the screen reader: it {verb}" for verb in ("shows", "says")}
    assert [text for text in told if text not in quiet | named] == seen


def test_ten_pages_of_one_browser_show_the_same_token(desk: Made, open_page: Opened) -> None:
    """A browser has six connections to a server for all of its pages; events take none of them."""
    token = desk()
    pages = [open_page(token)]
    for _ in range(9):
        other = pages[0].context.new_page()
        other.goto(pages[0].url)
        pages.append(other)
    key(pages[-1], "red")
    for page in pages:
        expect(page.locator("#token-1-shown")).to_have_text(NUMBER, timeout=chromium.PATIENCE)
    assert {page.locator("#token-1-shown").inner_text() for page in pages} == {
        " ".join(part) for part in [re.findall("...", digits(token.emulator.screen_text()))]
    }
    pages[3].close()
    token.emulator.advance(31)
    expect(pages[5].locator("#token-1-shown")).to_have_text(re.compile("^Intet"))


def test_a_blank_token_is_set_up_with_what_the_page_shows_then_used_and_unplugged(
    images: Callable[[str], bytes],
    browser: Browser,
    tmp_path: Path,
) -> None:
    with Emulator(
        "kodeviser", BOARDS["kodeviser"], tmp_path / "token", image=images("kodeviser")
    ) as emulator:
        link = emulator.open_pty(tmp_path / "link")
        emulator.unplug()
        with (
            DeskToken(emulator, {"link": link}) as token,
            chromium.served(application(token)) as address,
            ThreadPoolExecutor(1) as host,
        ):
            page = browser.new_page(locale="en-GB")
            page.goto(f"{address}/#{SECRET}")
            expect(page.locator("time")).not_to_be_empty()
            shown = page.locator("#token-1-shown")
            page.get_by_role("button", name="USB cable").click()
            expect(page.locator("#token-1-links code")).to_have_count(1)
            number, compared = SimpleQueue[str](), SimpleQueue[bool]()
            connected = SerialTransport(page.locator("#token-1-links code").inner_text())

            def compare(shown: str) -> bool:
                number.put(shown)
                return compared.get(timeout=REAL_LIMIT)

            def set_up() -> None:
                session = open_session(connected, None, compare)
                session.set_key("issuer", Secret(KEY))
                clock.set_now(session, clock.HostClock(lambda: emulator.now))
                session.put_credential(totp())

            done = host.submit(set_up)
            expect(shown).to_have_text(NUMBER, timeout=chromium.PATIENCE)
            compared.put(digits(shown.inner_text().splitlines()) == number.get(timeout=REAL_LIMIT))
            done.result()
            connected.close()
            page.get_by_role("button", name="USB cable").click()
            expect(page.locator("#token-1-unplugged")).to_be_visible()
            assert not Path(link).exists()
            page.get_by_role("button", name="Cut power", exact=True).click()
            expect(page.locator("#token-1-power")).to_have_text("Off")
            page.get_by_role("button", name="Button").click()
            expect(shown).to_have_text(NUMBER)
            page.close()


def test_own_pace_is_heard_digit_by_digit_at_the_keyboard(desk: Made, open_page: Opened) -> None:
    token = desk("kodeoplaeser")
    page = open_page(token, language="en-GB")

    def listen(seconds: float) -> None:
        settled(page)
        with token.emulator.lock:
            token.emulator.advance(seconds)

    page.locator("body").press("Shift")
    page.keyboard.press("r")
    listen(7)
    expect(page.locator("#token-1-shown")).to_have_text(NUMBER, timeout=chromium.PATIENCE)
    code = digits(token.emulator.screen_text())
    page.keyboard.down("r")
    page.keyboard.press("2")
    page.keyboard.up("r")
    listen(1)
    page.keyboard.press("6")
    listen(3)
    captions = page.locator("#token-1-captions")
    names = ("nul", "et", "to", "tre", "fire", "fem", "seks", "syv", "otte", "ni")
    said = re.compile(rf"\b{names[int(code[0])]}$|\b{names[int(code[1])]}$", re.MULTILINE)
    expect(captions.locator("p").last).to_have_text(said, timeout=chromium.PATIENCE)
