"""A person records in a browser, whose microphone plays a file: by keyboard alone, heard by a
screen reader, from where they stopped. Microphones are real time, so these tests wait for it."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect, sync_playwright

from host_tools.recorder.page import Recorder, application
from host_tools.recorder.prompts import prompts
from host_tools.voice import languages, recordings
from host_tools.voice.languages import load
from tests.host_tools.recorder.speech import spoken, wav
from tests.support import browser

DA = languages.load("da")
TOKEN = "a-path-that-nobody-guesses"
_SILENCE = 1.5  # seconds before and after what the microphone hears, again and again
_AFTER = 600  # ms that a person waits before they press Stop


class Speaker:
    """A person at the page, with what their microphone hears."""

    def __init__(self, opened: ExitStack, folder: Path) -> None:
        self._opened = opened
        self.folder = folder / "recordings"
        self.folder.mkdir()
        self.microphone = folder / "microphone.wav"
        self.hears = False
        self.page: Page

    def open(self, said: np.ndarray, language: str = "en", script: str = "") -> Page:
        """Open the page with a microphone that hears `said`, after a script in the page."""
        self.microphone.write_bytes(wav(said))
        app = application(Recorder(DA, self.folder), TOKEN, language)
        address = self._opened.enter_context(browser.served(app))
        playwright = self._opened.enter_context(sync_playwright())
        chromium = self._opened.enter_context(
            browser.launched(
                playwright,
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-audio-capture={self.microphone}",
                "--autoplay-policy=no-user-gesture-required",
            )
        )
        self.page = chromium.new_page()
        self.page.set_default_timeout(browser.PATIENCE)
        expect.set_options(timeout=browser.PATIENCE)
        self.page.add_init_script(script)
        self.page.goto(f"{address}/{TOKEN}/")
        return self.page

    def press(self, key: str = "Space") -> None:
        self.page.keyboard.press(key)

    def until(self, condition: str) -> None:
        """Wait for a condition of the page, whose policy forbids Playwright's own way."""
        deadline = time.monotonic() + browser.PATIENCE / 1000
        while not self.page.evaluate(condition):
            assert time.monotonic() < deadline, condition
            self.page.wait_for_timeout(20)

    def record(self) -> None:
        """Press record, say it, press stop: with the space bar, in the focused button. What a
        microphone that is open hears goes on meanwhile, so record is pressed after a word."""
        if self.hears:
            self._word()
        self.hears = True
        self.press()
        self._word()
        self.page.wait_for_timeout(_AFTER)
        self.press()

    def _word(self) -> None:
        """Wait until a word has been said."""
        self.until("document.getElementById('level').value > -25")
        self.until("document.getElementById('level').value < -50")

    def says(self, text: str) -> None:
        """Expect what the live region says."""
        expect(self.page.get_by_role("status")).to_contain_text(text)

    def focused(self) -> str:
        return self.page.evaluate("document.activeElement.id")


@pytest.fixture
def speaker(tmp_path: Path) -> Iterator[Speaker]:
    with ExitStack() as opened:
        yield Speaker(opened, tmp_path)


@pytest.fixture(scope="module")
def zero() -> np.ndarray:
    return spoken("nul", silence=_SILENCE)


def test_a_voice_is_recorded_with_the_space_bar_alone(speaker: Speaker, zero: np.ndarray):
    page = speaker.open(zero)
    expect(page.locator("#prompt")).to_have_text("nul")
    while speaker.focused() != "record":
        speaker.press("Tab")
    speaker.record()
    speaker.says("Saved")
    speaker.says("“0”, which is right")
    assert speaker.focused() == "next"
    speaker.press()
    speaker.says(f"2 / {len(prompts(load('da')))}: et")
    assert speaker.focused() == "record"
    speaker.record()
    speaker.says("heard “0”. Play it")
    assert set(recordings.load(speaker.folder, set(DA.phrases))) == {("0", None), ("1", None)}


def test_it_plays_what_was_recorded_and_goes_on_another_day(speaker: Speaker, zero: np.ndarray):
    (speaker.folder / "0.wav").write_bytes(wav(zero))
    page = speaker.open(zero)
    expect(page.locator("#prompt")).to_have_text("et")
    page.get_by_role("button", name="Previous").click()
    speaker.says("recorded")
    page.get_by_role("button", name="Play").click()
    speaker.until("document.getElementById('player').currentTime > 0.1")
    page.get_by_text("All texts").click()
    page.get_by_role("button", name="Lydstyrke").click()
    expect(page.locator("#prompt")).to_have_text("Lydstyrke")
    expect(page.get_by_role("button", name="Play")).to_be_disabled()


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        (np.clip(5 * spoken("nul", silence=_SILENCE), -1, 1), "overdriven"),
        (
            spoken("nul", silence=_SILENCE) + np.random.default_rng(1).normal(0, 0.02, 74094),
            "the room is only",
        ),
    ],
)
def test_what_is_wrong_with_a_recording_is_said(speaker: Speaker, said: np.ndarray, fault: str):
    page = speaker.open(said)
    page.locator("#record").focus()
    speaker.press()
    speaker.until("document.getElementById('level').value > -35")
    page.wait_for_timeout(2 * _AFTER)
    speaker.press()
    speaker.says("Not saved")
    speaker.says(fault)
    assert speaker.focused() == "record"
    assert list(speaker.folder.iterdir()) == []


def test_a_microphone_that_is_not_given_is_said(speaker: Speaker, zero: np.ndarray):
    page = speaker.open(
        zero, script="navigator.mediaDevices.getUserMedia = () => Promise.reject(new Error())"
    )
    page.get_by_role("button", name="Record", exact=True).click()
    speaker.says("Allow it for this page")


def test_a_command_that_has_ended_is_said(speaker: Speaker, zero: np.ndarray):
    page = speaker.open(zero)
    page.route("**/takes/*", lambda route: route.abort())
    page.locator("#record").focus()
    speaker.record()
    speaker.says("nothing was saved")
    assert speaker.focused() == "record"


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_has_no_accessibility_violation(
    speaker: Speaker, zero: np.ndarray, language: str, scheme: str
):
    page = speaker.open(zero, language)
    page.emulate_media(color_scheme=scheme)
    assert browser.violations(page) == []
    page.locator("summary").click()
    page.locator("#record").click()
    expect(page.locator("#record")).to_have_text("Stop")
    assert browser.violations(page) == []
    page.set_viewport_size({"width": 320, "height": 700})  # WCAG 1.4.10
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_page_speaks_danish_and_english(speaker: Speaker, zero: np.ndarray):
    page = speaker.open(zero, "da")
    assert page.evaluate("document.documentElement.lang") == "da"
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Record a voice")
    assert page.evaluate("document.documentElement.lang") == "en"
    expect(page.locator("#prompt")).to_have_attribute("lang", "da")
