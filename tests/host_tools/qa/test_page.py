"""The reports of a run with a token that speaks: JSON, JUnit, and the page in a browser."""

import json
import re
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
from tests.host_tools.qa import servers
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


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of the page of a run against a server that accepts late codes."""
    folder = tmp_path_factory.mktemp("failures")
    arguments = ["--product", "kodeoplaeser", "--tokens", "2", "--seed", "4", "--case", "late"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "host_tools.qa.targets.selection.LocalTarget",
            lambda *given: servers.Faulty(*given, servers.accepts_late_codes),
        )
        done = main(["qa", "run", *arguments, "--html", str(folder / "page"), "--json"])
        assert done == ExitCode.CHECK_FAILED
    return folder / "page"


def test_a_failed_case_has_a_page_of_its_own(failures: Path):
    index = Page((failures / "index.html").read_text())
    assert {"href": "case-1.html"} in index.all("a")
    text = (failures / "case-1.html").read_text()
    page = Page(text)
    picture = page.all("img")[0]
    assert (failures / picture["src"]).stat().st_size
    drawn = ElementTree.fromstring(text[text.index("<svg") : text.index("</svg>") + 6])
    digits = [each.text for each in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert "".join(digits) in picture["alt"].replace(" ", "")
    assert len(digits) == 6
    assert "check by qa: failures 1, reason late, step" in text
    assert (
        "kodebrik qa run --product kodeoplaeser --tokens 2 --against local --seed 4 --case late"
        in text
    )


def test_the_digits_of_the_waveform_stand_where_it_is_loud(failures: Path):
    """The bars under a digit's band are higher than the silence after the last digit."""
    text = (failures / "case-1.html").read_text()
    drawn = ElementTree.fromstring(text[text.index("<svg") : text.index("</svg>") + 6])
    svg = "{http://www.w3.org/2000/svg}"
    bars = [
        (float(x), float(low) - float(high))
        for x, high, low in re.findall(
            r"M([0-9.]+) ([0-9.]+)V([0-9.]+)", drawn.find(f"{svg}path").get("d")
        )
    ]
    bands = [
        (float(each.get("x")), float(each.get("x")) + float(each.get("width")))
        for each in drawn.iter(f"{svg}rect")
    ]
    for left, right in bands:
        assert max(height for x, height in bars if left <= x <= right) > 8
    assert max(height for x, height in bars if x > bands[-1][1] + 5) < 2


def test_the_page_of_a_failed_case_has_no_barrier_that_axe_finds(failures: Path):
    with sync_playwright() as playwright, launched(playwright) as browser:
        page = browser.new_page()
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.goto((failures / "case-1.html").as_uri())
            assert not violations(page)
        page.set_viewport_size({"width": 320, "height": 640})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
