"""The app in Chromium by keyboard alone, and read out as a screen reader has it."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.host_tools.validator.operations.app.phone import PAYMENT, activate, opened, outcome
from tests.support.validator.app import APP_PIN, Site

# What a page does is the same with each database.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def read_in_order(page: Page, *order: str) -> None:
    """Assert that a screen reader comes upon these in this order on the page, or in the dialog
    that is open."""
    whole = page.locator("dialog[open]" if page.locator("dialog[open]").count() else "main")
    read = whole.aria_snapshot()
    at = 0
    for one in order:
        found = read.find(one, at)
        assert found >= 0, f"{one} is not in its place:\n{read}"
        at = found + len(one)


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until the focus is there."""
    for _ in range(30):
        if target.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{target} is not reached by Tab")


def test_activation_and_opening_are_read_in_order(page: Page, site: Site) -> None:
    page.goto("/app")
    form = (
        *('heading "Aktivér appen"', 'textbox "Bruger-ID"', 'group "Hvor kommer din kode fra?"'),
        *('radio "fra et brev" [checked]', 'radio "fra min kodeviser eller kodeoplæser"'),
        *('radio "fra appen på en anden enhed"', 'textbox "Kode"'),
    )
    key = (
        *('textbox "Enhedens navn"', 'textbox "Vælg en PIN-kode til appen"'),
        *('textbox "Den samme PIN-kode igen"', 'checkbox "Fjern appen fra mine andre enheder"'),
        'button "Aktivér',
    )
    read_in_order(page, *form, *key)
    tab_to(page, page.locator("[name=way]").first)
    page.keyboard.press("ArrowDown")
    expect(page.locator("#of-token")).to_be_visible()
    of_token = ("Skal du taste et tal på din kodeoplæser?", 'textbox "PIN-kode til kodebrikken"')
    read_in_order(page, form[-1], *of_token, *key)
    activate(page, site.letter("anna.holm")[:4])
    outcome(page, "ikke aktiveret")
    read_in_order(page, "Appen blev ikke aktiveret", form[0])
    page.reload()
    activate(page, site.letter("anna.holm"))
    expect(page.locator("#unlocking")).to_be_visible()
    read_in_order(
        *(page, 'heading "Åbn appen"', "Bruger-ID anna.holm, enhed Min telefon"),
        *('textbox "Appens PIN-kode"', 'button "Åbn"', 'button "Skift bruger"'),
    )


def test_devices_and_history_are_read_in_order_and_used_by_keyboard(page: Page, site: Site) -> None:
    tablet = site.device("anna.holm", "2684", name="Tavle")
    tablet.unlock("9999")
    asked = site.ask(**PAYMENT)
    tablet.answer(tablet.waiting()[0], "approve", asked["digits"])
    opened(page, site)
    tab_to(page, page.locator("#menu [data-go=account]"))
    page.keyboard.press("Enter")
    expect(page.locator("#account h1")).to_be_focused()
    sentence = "2 3 0 0 kr. til konto 9 9 7 8, 0 0 0 1 2 3 4 5 6"
    read_in_order(
        *(page, 'heading "Enheder og historik"', 'heading "Dine enheder"', "Tavle, sidst brugt"),
        *('button "Fjern Tavle"', "Min telefon, denne enhed", 'button "Fjern Min telefon"'),
        *('button "Få en kode til en anden enhed"', 'heading "Beskeder"', "checkbox"),
        *("Der sendes ikke beskeder", 'heading "Historik"', "aktiveret, Min telefon"),
        *("godkendt, Tavle, Lillebælt Sparekasse", sentence, "forkerte PIN-koder: 1, Tavle"),
        "aktiveret, Tavle",
        *('navigation "Appens sider"', 'button "Lås appen"'),
    )
    expect(page.locator("#history-list [lang=da]")).to_have_count(1)
    tab_to(page, page.get_by_role("button", name="Fjern Tavle"))
    page.keyboard.press("Enter")
    expect(page.locator("#sure")).to_be_visible()
    expect(page.get_by_role("dialog", name=re.compile("^Vil du fjerne Tavle"))).to_be_visible()
    read_in_order(
        *(page, "Vil du fjerne Tavle?", 'textbox "Appens PIN-kode"'),
        *('button "Ja, fjern"', 'button "Tilbage"'),
    )
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Fjern Tavle")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, page.locator("#sure_pin"))
    page.keyboard.type(APP_PIN)
    page.keyboard.press("Enter")
    outcome(page, "Tavle er fjernet")
    expect(page.locator("#account h1")).to_be_focused()


def test_what_waits_and_its_question_are_read_in_order(page: Page, site: Site) -> None:
    opened(page, site)
    site.ask(**PAYMENT, place="Odense")
    expect(page.locator("#approval")).to_be_visible()
    site.ask(session="another-session-1", place="Lagos")
    expect(page.locator("#others")).to_be_visible()
    spoken = "Overførsel af 2 3 0 0 kr. til konto 9 9 7 8, 0 0 0 1 2 3 4 5 6"
    other = "Lagos, Lillebælt Sparekasse, Log på hos Lillebælt Sparekasse"
    read_in_order(
        *(page, 'heading "Godkend følgende?"', spoken, "Der venter flere anmodninger", other),
        'textbox "De to cifre"',
    )
    page.locator("#digits").fill("00")
    page.locator("#press").click()
    read_in_order(
        *(page, "Vil du godkende for Lillebælt Sparekasse?", spoken),
        *('button "Ja, godkend"', 'button "Tilbage"'),
    )
    expect(page.locator("#sure-sentence")).to_have_attribute("lang", "da")
    expect(page.get_by_role("dialog")).to_have_accessible_name(re.compile(re.escape(spoken)))
    page.keyboard.press("Escape")
    page.locator("#menu [data-go=waiting]").click()
    read_in_order(
        *(page, 'heading "2 anmodninger venter"', "Der venter flere anmodninger"),
        *(f"Odense, Lillebælt Sparekasse, {spoken}", other),
    )
    expect(page.locator("#waiting-list [lang=da]")).to_have_count(2)
    page.locator("#menu [data-go=practice]").click()
    expect(page.locator("#practice-hint")).to_be_visible()
    read_in_order(
        *(page, 'heading "Øvelse: Godkend følgende?"', "Øvelse: ingen spørger"),
        *("Dette er en øvelse: Tast to cifre efter eget valg.", 'textbox "De to cifre"'),
    )


def test_everything_works_by_keyboard_and_is_read_in_order(page: Page, site: Site) -> None:
    page.goto("/app")
    expect(page.locator("#activation h1")).to_be_focused()
    # User-ID, way, code, name, PIN twice, whether it replaces others
    for typed in ("anna.holm", None, site.letter("anna.holm"), None, APP_PIN, APP_PIN):
        page.keyboard.press("Tab")
        if typed:
            page.keyboard.insert_text(typed)
    page.keyboard.press("Enter")
    expect(page.locator("#unlocking h1")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type(APP_PIN)
    page.keyboard.press("Enter")
    expect(page.locator("#waiting h1")).to_be_focused()
    asked = site.ask(**PAYMENT, place="Odense")
    expect(page.locator("#approval h1")).to_be_focused()
    read_in_order(
        page,
        'heading "Godkend følgende?"',
        "2 3 0 0 kr. til konto 9 9 7 8, 0 0 0 1 2 3 4 5 6",
        "definition: Lillebælt Sparekasse",
        "definition: Odense",
        "Tid tilbage",
        'button "Giv mig mere tid"',
        'textbox "De to cifre"',
        'button "Hold nede for at godkende"',
        'slider "Swipe helt til højre for at godkende"',
        'button "Godkend"',
        'button "Afvis"',
        'button "Det var ikke mig"',
    )
    read = page.locator("#approval").aria_snapshot()
    assert "2.300" not in read, "what is seen is not read a second time"
    page.keyboard.press("Tab")  # more time
    page.keyboard.press("Tab")
    page.keyboard.type(asked["digits"])
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#sure")).to_be_visible()
    page.keyboard.press("Enter")
    outcome(page, "Godkendt")
    assert site.state(asked) == "approved"
