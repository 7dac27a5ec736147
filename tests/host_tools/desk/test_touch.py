"""The page under fingers, in a Chromium with a touch screen: each finger is a touch point of its
own, from touchstart to touchend or touchcancel, as the screen's driver reports it."""

import re

import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.host_tools.desk.pages import Opened, settled
from tests.support.emulated.desk import Made

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


_ID = {key: number for number, key in enumerate(["red", *"0123456789*#"])}


class Fingers:
    """Fingers on a page's touch screen, each on the key that it touched first, or moved away."""

    def __init__(self, page: Page) -> None:
        """No finger touches it yet."""
        self._page = page
        self._screen: CDPSession = page.context.new_cdp_session(page)
        self._down: dict[str, tuple[float, float]] = {}

    def down(self, key: str) -> None:
        """Put a finger on the middle of a key."""
        button = self._page.locator(f'[data-key="{key}"]')
        if not self._down:
            button.scroll_into_view_if_needed()
        box = button.bounding_box()
        assert box is not None
        self._down[key] = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        self._send("touchStart", self._down)

    def slide(self, key: str, x: float, y: float) -> None:
        """Slide the finger that is on a key by so many pixels, without lifting it."""
        left, top = self._down[key]
        self._down[key] = (left + x, top + y)
        self._send("touchMove", self._down)

    def up(self, key: str) -> None:
        """Lift the finger that touched a key."""
        self._send("touchEnd", {key: self._down.pop(key)})

    def cancel(self) -> None:
        """Have the system take all touches away, as for its own gesture or a call."""
        self._down.clear()
        self._send("touchCancel", {})

    def _send(self, kind: str, fingers: dict[str, tuple[float, float]]) -> None:
        """Send an event of Chromium's protocol: of all fingers that are down, of those that are
        lifted, or of all that were down, without naming them."""
        points = [{"x": x, "y": y, "id": _ID[key]} for key, (x, y) in fingers.items()]
        self._screen.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def pressed(page: Page, *names: str) -> None:
    """Wait until these keys are down, and no others."""
    down = page.locator('.key[aria-pressed="true"]')
    expect(down).to_have_count(len(names))
    for name in names:
        expect(page.locator(f'[data-key="{name}"]')).to_have_attribute("aria-pressed", "true")


def steps(recorded: str) -> list[str]:
    """Give what was done with keys."""
    return [line for line in recorded.splitlines() if "button" in line or line.startswith("key")]


@pytest.mark.parametrize("product", ["kodeviser", "kodeoplaeser"])
def test_a_tap_is_a_press(desk: Made, open_page: Opened, product: str) -> None:
    token = desk(product)
    page = open_page(token, **PHONE)
    page.locator('[data-key="red"]').tap()
    expect(page.locator("#token-1-shown")).to_have_text(re.compile(r"\d{3} \d{3}"))
    pressed(page)
    settled(page)
    assert steps(token.recorder.text()) == ["button down", "button up"], "and no click besides"


def test_a_finger_holds_a_key_for_as_long_as_it_stays(desk: Made, open_page: Opened) -> None:
    token = desk()
    page = open_page(token, **PHONE)
    finger = Fingers(page)
    finger.down("red")
    pressed(page, "red")
    token.emulator.advance(7)
    finger.up("red")
    pressed(page)
    expect(page.locator("#token-1-shown")).to_have_text(re.compile("Serienummer"))
    assert steps(token.recorder.text()) == ["button down", "button up"], "no menu, no second press"


def test_two_fingers_are_a_combination(desk: Made, open_page: Opened) -> None:
    token = desk("kodeoplaeser")
    page = open_page(token, **PHONE)
    page.locator('[data-key="red"]').tap()
    settled(page)
    token.emulator.advance(20)
    fingers = Fingers(page)
    fingers.down("red")
    pressed(page, "red")
    fingers.down("8")
    pressed(page, "8", "red")
    token.emulator.advance(0.2)
    fingers.up("8")
    pressed(page, "red")
    fingers.up("red")
    pressed(page)
    token.emulator.advance(1)
    expect(page.locator("#token-1-shown")).to_have_text(re.compile("Serienummer"))


def test_a_finger_that_slides_off_keeps_its_key_until_it_is_lifted(
    desk: Made, open_page: Opened
) -> None:
    """A hand that trembles slides; the key is neither lost on the way nor left down."""
    token = desk("kodeoplaeser")
    page = open_page(token, **PHONE)
    before = page.evaluate("scrollY")
    finger = Fingers(page)
    finger.down("5")
    pressed(page, "5")
    for _ in range(8):
        finger.slide("5", 10, -30)
    pressed(page, "5")
    finger.up("5")
    pressed(page)
    settled(page)
    assert steps(token.recorder.text()) == ["key 5 down", "key 5 up"], "none that it slid over"
    assert page.evaluate("scrollY") >= before - 1, "and the page stood still"


def test_a_touch_that_the_system_takes_away_lets_all_keys_go(desk: Made, open_page: Opened) -> None:
    token = desk("kodeoplaeser")
    page = open_page(token, **PHONE)
    fingers = Fingers(page)
    fingers.down("red")
    fingers.down("3")
    pressed(page, "3", "red")
    fingers.cancel()
    pressed(page)
    settled(page)
    assert token.observer.state()["keys_down"] == []
