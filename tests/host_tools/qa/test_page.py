"""The reports of a run with a token that speaks: JSON, JUnit, and the page in a browser."""

import json
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from playwright.sync_api import sync_playwright

from host_tools.cli import main
from host_tools.errors import ExitCode
from host_tools.qa.cases import case_list
from tests.support.browser import launched, violations


@dataclass(frozen=True)
class Reports:
    """What a run printed, its JUnit file and the folder of its page."""

    printed: dict[str, Any]
    junit: Path
    page: Path

    def presses(self) -> list[dict[str, Any]]:
        """Give the presses in the order of the page."""
        return [press for case in self.printed["cases"] for press in case["presses"]]


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    folder = tmp_path_factory.mktemp("reports")
    junit, page, printed = folder / "junit.xml", folder / "page", folder / "printed.json"
    arguments = ["--product", "kodeoplaeser", "--tokens", "2", "--codes", "1", "--seed", "4"]
    arguments += ["--html", str(page), "--junit", str(junit), "--json"]
    with pytest.MonkeyPatch.context() as patch, printed.open("w") as output:
        patch.setattr("sys.stdout", output)
        assert main(["qa", "run", *arguments]) == ExitCode.OK
    return Reports(json.loads(printed.read_text()), junit, page)


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_every_code_shown_was_played_and_understood(reports: Reports):
    assert reports.printed["failed"] == 0
    assert reports.printed["passed"] == len(case_list.CASES)
    for press in reports.presses():
        assert press["shown"] == press["played"] == press["understood"]


def test_junit_has_every_case(reports: Reports):
    suite = ElementTree.parse(reports.junit).getroot()[0]
    cases = reports.printed["cases"]
    assert int(suite.get("tests")) == len(suite.findall("testcase")) == len(cases)
    assert (suite.get("failures"), suite.get("errors"), suite.get("skipped")) == ("0", "0", "0")


def test_the_page_has_a_described_picture_and_a_sound_of_every_press(reports: Reports):
    read = Page((reports.page / "index.html").read_text())
    assert read.all("html") == [{"lang": "en"}]
    images, sounds, presses = read.all("img"), read.all("audio"), reports.presses()
    assert len(images) == len(sounds) == len(presses)
    assert all((reports.page / each["src"]).stat().st_size for each in [*images, *sounds])
    for image, press in zip(images, presses, strict=True):
        assert press["shown"] in image["alt"].replace(" ", "")
    assert not any("autoplay" in each for each in sounds), "nothing speaks by itself"
    assert not read.all("script") + read.all("link"), "nothing moves or loads by itself"
    assert all(header.get("scope") for header in read.all("th"))


def test_the_page_has_no_barrier_that_axe_finds(reports: Reports):
    with sync_playwright() as playwright, launched(playwright) as browser:
        page = browser.new_page()
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.goto((reports.page / "index.html").as_uri())
            assert not violations(page)
        page.set_viewport_size({"width": 320, "height": 640})  # WCAG 2.2, 1.4.10
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        page.check("#failures")
        assert page.locator("section:visible").count() == 0, "nothing failed"
        page.uncheck("#failures")
        assert page.locator("section:visible").count() > 0
