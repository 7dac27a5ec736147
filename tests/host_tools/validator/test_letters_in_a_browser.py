"""Activation letters in Chromium: axe-core finds nothing, and a letter prints on one sheet of
A4."""

import re

import pytest
from playwright.sync_api import sync_playwright

from host_tools.messages.catalogue import LANGUAGES
from host_tools.validator import letters
from host_tools.validator.letters import Letter
from tests.support import browser

LONGEST = {"user_id": "a" * 48, "site": "https://selvbetjening.kode.example/aktivering"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_letter_is_accessible_and_prints_on_one_sheet(language: str):
    letter = Letter("100000000008", "48151623", 1_900_000_000.0, language, **LONGEST)
    with sync_playwright() as playwright, browser.launched(playwright) as chromium:
        page = chromium.new_page()
        page.set_content(letters.as_html(letter))
        assert browser.violations(page) == []
        page.set_viewport_size({"width": 320, "height": 640})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, (
            "no scrolling sideways (WCAG 1.4.10)"
        )
        printed = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
