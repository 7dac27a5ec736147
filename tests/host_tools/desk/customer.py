"""A bank's customer, who plays the story of `kodebrik demo --web` by what is on the page alone."""

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Locator, Page, expect

from tests.support import browser as chromium
from tests.support.command_line.program import KODEBRIK
from tests.support.limits import REAL_LIMIT

LOCALES = {"da": "da-DK", "en": "en-GB"}
CODE = re.compile(r"\d{3} \d{3}")
_STEPS = 60  # more than there is on the page to stop at


class Words(NamedTuple):
    """What the user looks for, in one language."""

    user_id: str
    order: str
    to_activation: str
    serial: str
    activation_code: str
    code: str
    activate: str
    to_sign_in: str
    go_on: str
    question: str
    payment: str
    approve: str
    approved: str
    bank: str
    letter: str
    activated: str
    hour: str
    back: str


WORDS = {
    "da": Words(
        "Bruger-ID",
        "Bestil",
        "Aktivér din kodebrik",
        "Serienummer",
        "Aktiveringskode",
        "Kode",
        "Aktivér",
        "Log på",
        "Fortsæt",
        "Godkend følgende?",
        "Overførsel af 2.300 kr. til konto 9978 000123456",
        "Godkend",
        "Godkendt",
        "Banken",
        "Brevet",
        "Din kodebrik er aktiveret",
        "t",
        "Bagsiden af kodebrikken",
    ),
    "en": Words(
        "User-ID",
        "Order",
        "Activate your token",
        "Serial number",
        "Activation code",
        "Code",
        "Activate",
        "Sign in",
        "Continue",
        "Approve the following?",
        "Transfer of DKK 2,300 to account 9978 000123456",
        "Approve",
        "Approved",
        "The bank",
        "The letter",
        "Your token is activated",
        "h",
        "The token's back",
    ),
}


@contextmanager
def demonstrated(product: str, folder: Path) -> Iterator[str]:
    """Run the demonstration, and give the URL that it prints."""
    command = [*KODEBRIK, "demo", product, "--web", "--json", "--state", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())["web"]
            process.send_signal(signal.SIGINT)
            assert process.wait(REAL_LIMIT) == 0
        finally:
            process.kill()


class Customer:
    """Reads the page and acts on it."""

    def __init__(self, page: Page, language: str) -> None:
        """The page is open, in this language."""
        self.page, self.words = page, WORDS[language]
        self.token = page.get_by_role("region", name=re.compile("Kode"))
        self.letter = page.get_by_role("region", name=self.words.letter)
        self.iframe = page.get_by_role("region", name=self.words.bank).locator("iframe")
        self.bank = self.iframe.content_frame

    def field(self, name: str) -> Locator:
        """Give a field of the bank's by its label."""
        return self.bank.get_by_label(name, exact=True)

    def press(self, name: str) -> None:
        """Press a button of the bank's, or follow a link."""
        button = self.bank.get_by_role("button", name=name, exact=True)
        self.use(button.or_(self.bank.get_by_role("link", name=name, exact=True)).first)

    def use(self, control: Locator) -> None:
        """Press a button, follow a link or open a panel."""
        control.click()

    def fill(self, name: str, text: str) -> None:
        """Write into a field of the bank's."""
        self.field(name).fill(text)

    def order(self) -> None:
        """Order the token, and wait for the post."""
        self.fill(self.words.user_id, "anna.holm")
        self.press(self.words.order)
        expect(self.letter).to_be_visible(timeout=chromium.PATIENCE)

    def begin_activation(self) -> None:
        """Go to the bank's page for it."""
        self.press(self.words.to_activation)
        expect(self.field(self.words.serial)).to_be_visible()

    def activate(self) -> str:
        """Type what the letter says and the token's code, which is given."""
        for name in (self.words.user_id, self.words.serial, self.words.activation_code):
            self.fill(name, self.said(name))
        code = self.new_code()
        self.fill(self.words.code, code)
        self.press(self.words.activate)
        # The page's live region says it too, as soon as its script has run.
        expect(self.bank.locator("#content").get_by_text(self.words.activated)).to_be_visible()
        return code

    def begin_sign_in(self) -> None:
        """Go to the bank's page for it."""
        self.press(self.words.to_sign_in)
        self.fill(self.words.user_id, "anna.holm")

    def sign_in(self) -> None:
        """Read what is to be approved."""
        self.press(self.words.go_on)
        expect(self.bank.get_by_role("heading", name=self.words.question)).to_be_visible()
        content = self.bank.locator("#content")
        expect(content.get_by_text(self.words.payment)).to_be_visible()

    def approve(self, code: str) -> None:
        """Submit a code."""
        self.fill(self.words.code, code)
        self.press(self.words.approve)

    def said(self, name: str) -> str:
        """Read what the letter says after a name, which it writes without a hyphen perhaps."""
        pattern = re.compile(f"^{name.replace('-', '.')}$")
        return self.letter.locator("dt", has_text=pattern).locator("+ dd").inner_text()

    def serial_on_the_back(self) -> str:
        """Turn the token over, and read the serial number on it."""
        back = self.token.get_by_role("group").filter(has_text=self.words.back)
        self.use(back.locator("summary"))
        return back.locator("dt", has_text=self.words.serial).locator("+ dd").inner_text()

    def new_code(self) -> str:
        """Let an hour pass, in which the token goes off; press its red key or button and read the
        code."""
        shown = self.token.get_by_role("paragraph").filter(has_text=CODE)
        self.use(self.token.get_by_role("button", name=f"+ 1 {self.words.hour}"))
        expect(self.token.locator(".pill:not(.on)")).to_be_visible(timeout=chromium.PATIENCE)
        expect(shown).to_be_hidden(timeout=chromium.PATIENCE)  # it is read off the pixels
        self.use(self.token.locator(".key-red"))
        expect(shown).to_be_visible(timeout=chromium.PATIENCE)  # it may wait for a fresh one
        found = CODE.search(shown.inner_text())
        assert found
        return found.group()


class Typist(Customer):
    """Does it all by keyboard: Tab, Shift and Tab, Enter, and what is typed."""

    def use(self, control: Locator) -> None:
        """Go there and press Enter."""
        self._go_to(control)
        control.page.keyboard.press("Enter")

    def fill(self, name: str, text: str) -> None:
        """Go there and type."""
        self._go_to(self.field(name))
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.type(text)

    def focused(self, place: Locator) -> bool:
        """Say whether what is typed goes to this element."""
        here = "element => document.hasFocus() && element === document.activeElement"
        return bool(place.evaluate(here))

    def _go_to(self, place: Locator) -> None:
        """Press Tab until it has the focus; the bank comes last on the page, the rest before it."""
        back = self.page.evaluate("document.activeElement.id") == "bank"
        at_bank = place.evaluate("() => top !== window")
        for _ in range(_STEPS):
            if self.focused(place):
                return
            self.page.keyboard.press("Shift+Tab" if back and not at_bank else "Tab")
        raise AssertionError(f"not reached by Tab: {place}")
