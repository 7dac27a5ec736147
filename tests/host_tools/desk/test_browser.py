"""The page in Chromium: the token is used by mouse, keyboard and screen reader; what it shows is
what the display's chip holds, what it plays is what the token's bus carried."""

import re
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from vcd.reader import TokenKind, tokenize

from emulator.sound import RATE
from host_tools.desk.token import DeskToken
from host_tools.desktop.felt import VibrationDetector
from tests.host_tools.desk.pages import Opened, key, settled
from tests.support import browser as chromium
from tests.support.emulated.desk import AT, Made
from tests.support.emulated.token import digits

PAUSED, REAL = 0, 1


def shown_pixels(page: Page) -> bytes:
    """Give the canvas's pixels as the emulator has them: 1 where the colour is the ink's."""
    data = page.evaluate(
        """() => { const canvas = document.querySelector('.display');
        return Array.from(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
            .data.filter((_, n) => n % 4 == 0)); }"""
    )
    told = page.evaluate("JSON.parse(document.getElementById('page').textContent)")
    colours = told["parts"][0]["colours"]
    assert set(data) <= {colours[0][0], colours[1][0]}
    return bytes(value == colours[0][0] for value in data)


def assert_same_pixels(page: Page, token: DeskToken) -> None:
    with token.emulator.lock:
        screen = token.emulator.screen()
    expect(page.locator("#token-1-shown")).not_to_be_empty()  # it comes after the pixels
    assert shown_pixels(page) == screen.data


@pytest.mark.parametrize("product", ["kodeviser", "kodeoplaeser"])
@pytest.mark.parametrize("scale", [1, 2])
def test_the_canvas_shows_the_display_pixel_by_pixel(
    desk: Made, open_page: Opened, product: str, scale: int
) -> None:
    token = desk(product)
    page = open_page(token, device_scale_factor=scale, viewport={"width": 1280, "height": 800})
    assert_same_pixels(page, token)
    key(page, "red")
    code = code_on(page, token)
    grouped = re.compile(rf"{code[:3]} {code[3:]}")
    expect(page.locator("#token-1-shown")).to_have_text(grouped)
    assert_same_pixels(page, token)
    box = page.locator(".display").bounding_box()
    assert box is not None
    times = box["width"] * scale / token.emulator.screen().width
    assert times == pytest.approx(round(times), abs=1e-3), "each pixel has the same size"
    assert page.locator(".display").evaluate("e => getComputedStyle(e).imageRendering") == (
        "pixelated"
    )


def code_on(page: Page, token: DeskToken) -> str:
    """Give the code on the display, once the red key is up again."""
    expect(page.locator("#token-1-power")).to_have_class(re.compile(r"\bon\b"))
    expect(page.locator(".key-red")).to_have_attribute("aria-pressed", "false")
    return digits(token.emulator.screen_text())


def test_a_code_is_heard_and_its_captions_and_samples_are_the_token_s(
    desk: Made, open_page: Opened
) -> None:
    token = desk("kodeoplaeser", rate=REAL)
    page = open_page(token)
    key(page, "red")
    said = page.locator("#token-1-captions p").first
    expect(said).to_have_text(re.compile(r"Koden er|Ny kode"), timeout=chromium.PATIENCE)
    assert said.get_attribute("lang") == "da"
    played = page.evaluate(
        "import('/static/desk.js').then(({tokens}) => "
        "tokens[0].player.played.map(([start, data]) => [start, Array.from(data)]))"
    )
    assert sum(len(samples) for _, samples in played) > RATE
    for start, samples in played:
        heard = np.round(np.array(samples) * 32768).astype(np.int16)
        sent = token.emulator.audio(start, start + len(samples) / RATE).samples
        assert heard.tolist() == sent.tolist()
    starts = [(start, len(samples)) for start, samples in played]
    gaps = [after - start - count / RATE for (start, count), (after, _) in pairwise(starts)]
    assert min(gaps, default=0) > -1e-6, "no sample is played twice"


def test_keys_are_held_several_at_once_by_the_keyboard_s_own_keys(
    desk: Made, open_page: Opened
) -> None:
    token = desk("kodeoplaeser")
    page = open_page(token)
    page.locator("body").press("Shift")  # the page has the focus
    page.keyboard.down("r")
    expect(page.locator('[data-key="red"]')).to_have_attribute("aria-pressed", "true")
    page.keyboard.down("8")
    expect(page.locator('[data-key="8"]')).to_have_attribute("aria-pressed", "true")
    assert token.observer.state()["keys_down"] == ["8", "red"]
    page.keyboard.up("8")
    page.keyboard.up("r")
    expect(page.locator('[data-key="red"]')).to_have_attribute("aria-pressed", "false")
    assert token.observer.state()["keys_down"] == []
    page.locator("details summary").last.click()
    page.locator("#shortcuts").uncheck()
    page.locator("#shortcuts").blur()
    page.keyboard.press("5")
    settled(page)
    assert not any("key 5 down" in line for line in token.recorder.text().splitlines())


def test_everything_is_reached_by_tab_and_the_keypad_by_arrows(
    desk: Made, open_page: Opened
) -> None:
    page = open_page(desk("kodeoplaeser"))
    reached: list[str] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        name = page.evaluate(
            "(e => e.id.replace('token-1-', '') || e.dataset.key || e.dataset.rate"
            " || e.dataset.jump || e.textContent)(document.activeElement)"
        )
        if page.evaluate("document.activeElement === document.body"):
            break
        reached.append(name)
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", name
    named = {"red", "headset", "cable", "zoom", "sound", "sticky", "shown-live", "captions-live"}
    named |= {"0", "1", "60", "30", "3600", "86400", "drift_ppm", "temperature", "battery_mv"}
    named |= {"cut", "reset", "operation", "mode", "cut-at", "snapshot", "save-picture"}
    named |= {"present", "save-state", "load-state", "trembles"}
    named |= {"record", "play", "save-scenario", "play-file"}
    assert named <= set(reached), named - set(reached)
    page.locator('[data-key="red"]').focus()
    for arrow, arrived in (
        ("ArrowUp", "#"),
        ("ArrowLeft", "0"),
        ("ArrowUp", "8"),
        ("Home", "7"),
        ("Control+Home", "1"),
        ("Control+End", "red"),
    ):
        page.keyboard.press(arrow)
        focused = page.evaluate("document.activeElement.dataset.key")
        assert focused == arrived, arrow


def test_a_key_is_held_by_a_click_where_that_is_asked_for(desk: Made, open_page: Opened) -> None:
    token = desk()
    page = open_page(token)
    page.locator("#token-1-sticky").check()
    key(page, "red")
    expect(page.locator(".key-red")).to_have_attribute("aria-pressed", "true")
    token.emulator.advance(7)
    key(page, "red")
    expect(page.locator(".key-red")).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#token-1-shown")).to_have_text(re.compile("Serienummer"))


def test_cable_power_cell_and_snapshots(desk: Made, open_page: Opened) -> None:
    token = desk("kodeoplaeser")
    page = open_page(token)
    expect(page.locator("#token-1-power")).to_have_text("Slukket")
    page.locator("#token-1-snapshot").click()
    expect(page.locator("#token-1-snapshots li")).to_have_count(1)
    page.locator("#token-1-cable").click()
    expect(page.locator("#token-1-cable")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#token-1-power")).to_have_text("Tændt")
    page.locator("#token-1-headset").click()
    expect(page.locator("#token-1-headset")).to_have_attribute("aria-pressed", "true")
    page.locator("#token-1-cut").click()
    expect(page.locator("#token-1-power")).to_have_text("Slukket")
    expect(page.locator("#token-1-cable")).to_have_attribute("aria-pressed", "false")
    page.locator("#token-1-battery_mv").fill("0")
    page.locator("#token-1-battery_mv").blur()
    key(page, "red")
    settled(page)
    expect(page.locator("#token-1-power")).to_have_text("Slukket")
    page.get_by_role("button", name="Gendan").click()
    expect(page.locator("#token-1-battery_mv")).to_have_value("3900")
    key(page, "red")
    expect(page.locator("#token-1-power")).to_have_text("Tændt")
    page.locator('[data-jump="3600"]').click()
    expect(page.locator("time")).to_have_text(re.compile(r"02\.00"), timeout=chromium.PATIENCE)
    assert token.emulator.now == pytest.approx(AT + 3600, abs=60)
    page.get_by_role("button", name="Computerens tid").click()
    settled(page)
    assert token.emulator.now == pytest.approx(time.time(), abs=60)
    assert token.emulator.rtc_time == pytest.approx(token.emulator.now, abs=5)
    page.locator('[data-rate="60"]').click()
    expect(page.locator('[data-rate="60"]')).to_have_attribute("aria-pressed", "true")
    assert token.emulator.rate == 60


def choose(page: Page, button: str, file: Path) -> None:
    """Choose a file by the button of that name."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name=button).click()
    chooser.value.set_files(file)


def test_a_state_is_saved_and_loaded_and_that_undone(
    desk: Made, open_page: Opened, tmp_path: Path
) -> None:
    token = desk()
    page = open_page(token, language="en-GB")
    saves = page.get_by_role("button", name="State", exact=True)
    expect(saves).to_have_accessible_description(re.compile("its secrets"))
    with page.expect_download() as saved:
        saves.click()
    file = saved.value.path()
    page.locator("#token-1-battery_mv").fill("3333")
    page.locator("#token-1-battery_mv").blur()
    key(page, "red")
    code = code_on(page, token)
    page.locator('[data-jump="86400"]').click()
    settled(page)
    choose(page, "Load a state", file)
    expect(page.locator("#token-1-battery_mv")).to_have_value("3900")
    expect(page.locator("time")).to_have_text("1 Jan 2030, 01:00:01")
    expect(page.locator("#token-1-power")).to_have_text("Off")
    key(page, "red")
    assert code_on(page, token) == code
    page.get_by_role("button", name=re.compile("Restore: 2 Jan 2030")).click()
    expect(page.locator("#token-1-battery_mv")).to_have_value("3333")
    other = page.context.new_page()  # whose console tells of the refusal
    other.goto(page.url)
    expect(other.locator("time")).not_to_be_empty()
    wrong = tmp_path / "wrong.zip"
    wrong.write_bytes(b"no archive")
    choose(other, "Load a state", wrong)
    expect(other.get_by_role("alert")).to_contain_text("no token's state")


def test_two_pages_see_the_same_token_and_a_new_one_all_that_was(
    desk: Made, open_page: Opened
) -> None:
    token = desk()
    first, second = open_page(token), open_page(token, language="en-GB")
    key(first, "red")
    code = code_on(first, token)
    for page in (first, second):
        expect(page.locator("#token-1-shown")).to_have_text(f"{code[:3]} {code[3:]}")
    expect(second.locator("#token-1-power")).to_have_text("On")
    second.reload()
    expect(second.locator("#token-1-shown")).to_have_text(f"{code[:3]} {code[3:]}")
    assert_same_pixels(second, token)


def test_a_key_is_let_go_when_its_page_is_reloaded_or_closed(desk: Made, open_page: Opened) -> None:
    token = desk("kodeoplaeser")
    page, other = open_page(token), open_page(token)
    for name, leave in (("5", page.reload), ("8", page.close)):
        page.locator("body").press("Shift")  # the page has the focus
        page.keyboard.down(name)
        seen = other.locator(f'[data-key="{name}"]')
        expect(seen).to_have_attribute("aria-pressed", "true")
        leave()
        expect(seen).to_have_attribute("aria-pressed", "false")
        assert token.observer.state()["keys_down"] == []


def test_without_the_secret_the_page_says_what_is_missing(desk: Made, open_page: Opened) -> None:
    page = open_page(desk(), language="en-GB")
    page.goto(page.url.split("#")[0] + "?lang=en")
    expect(page.get_by_role("alert")).to_contain_text("follows the #")
    expect(page.locator("time")).to_be_empty()


@pytest.mark.parametrize("language", ["da-DK", "en-GB"])
@pytest.mark.parametrize("product", ["kodeviser", "kodeoplaeser"])
def test_no_state_has_an_accessibility_violation(
    desk: Made, open_page: Opened, product: str, language: str
) -> None:
    token = desk(product)
    page = open_page(token, language=language)
    judge(page, "off")
    page.locator("#token-1-snapshot").click()
    page.locator("#token-1-cable").click()
    token.log.failed(RuntimeError("A line of the log."))
    key(page, "red")
    for summary in page.locator("summary").all():
        summary.click()
    expect(page.locator("#token-1-snapshots li")).to_have_count(1)
    judge(page, "on")
    page.set_viewport_size({"width": 320, "height": 640})
    judge(page, "narrow")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320, "it reflows"
    page.emulate_media(forced_colors="active")
    judge(page, "forced colours")


@pytest.mark.parametrize("product", ["kodeviser", "kodeoplaeser"])
def test_a_page_that_is_zoomed_in_has_a_token_no_smaller_whose_keys_can_be_hit(
    desk: Made, open_page: Opened, product: str
) -> None:
    token = desk(product)
    widths = []
    for zoom in (1, 4):
        seen = {"width": 1280 // zoom, "height": 900 // zoom}
        page = open_page(token, device_scale_factor=zoom, viewport=seen)
        box = page.locator(".display").bounding_box()
        assert box is not None
        widths.append(box["width"] * zoom)
        assert page.locator(".key-red").evaluate(
            """key => { key.scrollIntoView({ block: "center" });
            const { x, y, width, height } = key.getBoundingClientRect();
            const above = document.elementFromPoint(x + width / 2, y + height / 2 - 11);
            return above === key; }"""
        ), "24 pixels high (WCAG 2.5.8)"
    assert widths[1] >= widths[0] - 1


def judge(page: Page, name: str) -> None:
    for scheme, rules in (("light", chromium.RULES), ("dark", chromium.COLOURS)):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert chromium.violations(page, rules) == [], f"{name}, {scheme}"


def test_in_forced_colours_the_other_language_is_not_marked_as_this_one(
    desk: Made, open_page: Opened
) -> None:
    page = open_page(desk(), forced_colors="active")
    marked = page.locator("nav a").evaluate_all(
        """links => links.map(link => getComputedStyle(link).borderBottomColor
        !== getComputedStyle(document.body).backgroundColor)"""
    )
    assert marked == [True, False]


def test_what_is_shown_and_said_can_be_muted_apart(desk: Made, open_page: Opened) -> None:
    page = open_page(desk("kodeoplaeser"))
    for region in ("#token-1-shown", "#token-1-captions"):
        expect(page.locator(region)).to_have_attribute("aria-live", "polite")
        page.locator(f"{region}-live").uncheck()
        expect(page.locator(region)).to_have_attribute("aria-live", "off")


def test_a_reader_that_fails_is_an_alert(
    desk: Made, open_page: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(detector: object) -> None:
        raise OverflowError("too long")

    page = open_page(desk(), language="en-GB")
    monkeypatch.setattr(VibrationDetector, "update", fails)
    expect(page.get_by_role("alert")).to_contain_text("read as text no more")
    key(page, "red")
    expect(page.locator("#token-1-power")).to_have_text("On")


def test_a_count_down_is_read_out_once(desk: Made, open_page: Opened) -> None:
    token = desk("kodeoplaeser")
    token.emulator.set_time(AT // 30 * 30 + 26)
    page = open_page(token)
    shown, live = page.locator("#token-1-shown"), "aria-live"
    key(page, "red")
    settled(page)
    expect(shown).to_have_text(re.compile(r"Vent højst 4\ssekunder"))
    expect(shown).to_have_attribute(live, "polite")
    for left in (3, 2):
        with token.emulator.lock:
            token.emulator.advance(1)
        expect(shown).to_have_text(re.compile(rf"Vent højst {left}\ssekunder\b"))
        expect(shown).to_have_attribute(live, "off")
    with token.emulator.lock:
        token.emulator.advance(3)
    expect(shown).to_have_text(re.compile(r"\d{3} \d{3}"))
    expect(shown).to_have_attribute(live, "polite")


@pytest.mark.parametrize("product", ["kodeviser", "kodeoplaeser"])
def test_full_screen_shows_each_pixel_as_large_as_there_is_room_for(
    desk: Made, open_page: Opened, product: str
) -> None:
    page = open_page(desk(product), viewport={"width": 1300, "height": 900})
    page.click("#token-1-zoom")
    expect(page.locator(".display")).to_have_attribute("style", re.compile("padding"))
    shown = page.evaluate(
        """() => { const canvas = document.fullscreenElement, style = getComputedStyle(canvas);
        const left = (size, one, other) => size - parseFloat(style[one]) - parseFloat(style[other]);
        return {fit: style.objectFit, room: [innerWidth, innerHeight],
            pixels: [canvas.width, canvas.height],
            size: [left(canvas.clientWidth, 'paddingLeft', 'paddingRight'),
                   left(canvas.clientHeight, 'paddingTop', 'paddingBottom')]}; }"""
    )
    pixels = shown["pixels"]
    times = [size / count for size, count in zip(shown["size"], pixels, strict=True)]
    most = min(room // count for room, count in zip(shown["room"], pixels, strict=True))
    assert shown["fit"] == "fill"
    assert times == [most, most]


def test_a_number_that_is_not_allowed_is_told_and_changes_nothing(
    desk: Made, open_page: Opened
) -> None:
    token = desk()
    page = open_page(token)
    before = token.emulator.battery_mv
    field = page.locator("#token-1-battery_mv")
    page.locator("#token-1-operation").fill("")
    page.locator("#token-1-cut-at").click()
    expect(page.locator("#token-1-operation")).to_have_attribute("aria-invalid", "true")
    for typed in ("99999", "3.5", ""):
        field.fill(typed)
        field.press("Enter")
        field.blur()
        expect(page.locator("#notice")).to_be_visible()
    assert token.emulator.battery_mv == before
    with token.emulator.lock:  # so that it is not answered yet
        page.locator("#token-1-reset").click()
        expect(page.locator("#notice")).to_be_hidden()
    field.fill("3700")
    field.press("Enter")
    expect(page.locator("#notice")).to_be_hidden()
    assert field.get_attribute("aria-invalid") == "false"


def test_a_number_s_limits_are_told_in_the_language_of_the_page(
    desk: Made, open_page: Opened
) -> None:
    page = open_page(desk(), language="en-GB")
    with page.expect_navigation():
        page.get_by_role("link", name="Dansk").click()
    expect(page.locator("#token-1-time")).not_to_have_text("")
    notice = page.locator("#notice")
    page.locator("#token-1-operation").fill("0")
    page.locator("#token-1-cut-at").click()
    expect(notice).to_have_text("Den n'te flashoperation: et helt tal fra 1 til 1.000.000.")
    page.locator("#token-1-drift_ppm").fill("501")
    page.locator("#token-1-drift_ppm").blur()
    expect(notice).to_have_text("Urets gang: et tal fra -500 til 500.")


def test_a_power_cut_to_come_is_told_until_it_has_come_on_each_page(
    desk: Made, open_page: Opened
) -> None:
    token = desk()
    page, other = open_page(token), open_page(token)
    page.locator("#token-1-operation").fill("1200")
    page.locator("#token-1-cut-at").click()
    told = "Strømmen svigter ved flashoperation nr. {} fra nu af."
    for seen in (page, other):
        expect(seen.locator("#token-1-to-cut")).to_have_text(told.format("1.200"))
    page.reload()
    expect(page.locator("#token-1-to-cut")).to_have_text(told.format("1.200"))
    page.locator("#token-1-snapshot").click()
    page.get_by_role("button", name="Gendan").click()
    for seen in (page, other):
        expect(seen.locator("#token-1-to-cut")).to_be_empty()


def test_what_cannot_be_saved_is_told(desk: Made, open_page: Opened) -> None:
    page = open_page(desk(), language="en-GB")
    page.evaluate("() => { fetch = () => Promise.reject(Error('nobody answers')) }")
    page.click("#token-1-save-picture")
    expect(page.locator("#notice")).to_have_text("nobody answers")


def test_focus_stays_in_the_snapshots_when_one_is_forgotten(desk: Made, open_page: Opened) -> None:
    page = open_page(desk())
    page.click("#token-1-snapshot")
    page.locator("#token-1-snapshots button").last.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#token-1-snapshots li")).to_have_count(0)
    assert page.evaluate("document.activeElement.id") == "token-1-snapshot"


def test_a_wrong_secret_is_called_one(desk: Made, open_page: Opened) -> None:
    page = open_page(desk(), language="en-GB")
    other = page.context.new_page()  # whose console tells of the refusal
    other.goto(page.url.split("#")[0] + "#another")
    expect(other.locator("#notice")).to_contain_text("secret")


def test_a_recording_is_played_and_a_file_too(
    desk: Made, open_page: Opened, tmp_path: Path
) -> None:
    token = desk()
    page = open_page(token, language="en-GB")
    record = page.locator("#token-1-record")
    told = page.locator("#token-1-recorded")
    expect(told).to_have_text("")
    record.click()
    expect(record).to_have_attribute("aria-pressed", "true")
    expect(told).to_have_text(re.compile("^Recording"))
    key(page, "red")
    code = code_on(page, token)
    record.click()
    expect(record).to_have_attribute("aria-pressed", "false")
    expect(told).to_have_text(re.compile("^Recorded"))
    key(page, "red")  # which is not in it
    settled(page)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as a file").click()
    assert saved.value.path().read_text().count("button down") == 1
    token.emulator.cut_power()
    play = page.get_by_role("button", name="Play", exact=True)
    play.click()
    expect(page.locator("#token-1-power")).to_have_text("On")
    expect(play).to_have_attribute("aria-pressed", "false")
    assert digits(token.emulator.screen_text()) == code
    script = tmp_path / "script.txt"
    script.write_text('wait 60 s\nexpect text "no such text"\n')
    page.locator('[data-rate="60"]').click()
    settled(page)
    other = page.context.new_page()  # whose console tells of the refusal
    other.goto(page.url)
    expect(other.locator("time")).not_to_be_empty()
    choose(other, "Play a file", script)
    alert = other.get_by_role("alert")
    expect(alert).to_contain_text("no such text", timeout=chromium.PATIENCE)
    told = alert.inner_text().splitlines()
    assert [line.strip() for line in told[1:2]] == ["The text 'no such text' is not there."]


def test_what_is_played_is_seen_and_stopped_on_every_page_and_after_a_reload(
    desk: Made, open_page: Opened, tmp_path: Path
) -> None:
    token = desk()
    page, other = open_page(token), open_page(token)
    script = tmp_path / "script.txt"
    script.write_text("press\nwait 1 h\n")
    choose(page, "Afspil en fil", script)
    for seen in (page, other):
        play = seen.get_by_role("button", name="Afspil", exact=True)
        expect(play).to_have_attribute("aria-pressed", "true")
        expect(seen.locator('[data-rate="1"]')).to_have_attribute("aria-pressed", "true")
    page.reload()
    play = page.get_by_role("button", name="Afspil", exact=True)
    expect(play).to_have_attribute("aria-pressed", "true")
    play.click()
    for seen in (page, other):
        play = seen.get_by_role("button", name="Afspil", exact=True)
        expect(play).to_have_attribute("aria-pressed", "false")
        expect(seen.locator('[data-rate="0"]')).to_have_attribute("aria-pressed", "true")
    assert token.emulator.elapsed < 3000


def test_the_trace_is_shown_filtered_held_and_saved(desk: Made, open_page: Opened) -> None:
    token = desk()
    page = open_page(token, language="en-GB")
    panel = page.locator("details", has=page.get_by_text("Trace", exact=True))
    panel.locator("summary").click()
    panel.get_by_role("button", name="Record").click()
    key(page, "red")
    lines = panel.get_by_role("region", name="Trace")
    expect(lines).to_contain_text("gpio15_button")
    expect(lines).to_contain_text("i2c0")
    panel.get_by_label("Only channels with").fill("gpio")
    panel.get_by_label("Only channels with").blur()
    expect(lines).not_to_contain_text("i2c0")
    panel.get_by_role("button", name="Hold the view").click()
    held = lines.inner_text()
    key(page, "red")
    settled(page)
    with page.expect_download() as text:
        panel.get_by_role("button", name="Save text").click()
    with page.expect_download() as dump:
        panel.get_by_role("button", name="Save .vcd").click()
    assert lines.inner_text() == held
    assert len(text.value.path().read_text()) > len(held)
    with dump.value.path().open("rb") as file:
        variables = [token.var for token in tokenize(file) if token.kind is TokenKind.VAR]
    assert {"gpio15_button", "i2c0"} <= {variable.reference for variable in variables}
    panel.get_by_role("button", name="Record").click()
    expect(lines).not_to_have_text(held)
    expect(panel.get_by_role("button", name="Record")).to_have_attribute("aria-pressed", "false")
    panel.get_by_label("Only channels with").fill("gpio14")
    expect(lines).to_contain_text("gpio14_latch")
    expect(lines).not_to_contain_text("gpio15_button")
    panel.get_by_label("Only channels with").fill("i2c")
    expect(lines).to_contain_text("i2c0")
    judge(page, "trace")


def test_a_trace_that_has_ended_is_there_on_a_page_that_is_opened_later(
    desk: Made, open_page: Opened
) -> None:
    token = desk()
    page = open_page(token)
    page.locator("summary", has_text="Spor").click()
    only = page.locator("#token-1-trace-filter")
    only.fill("gpio")  # before there is a trace, of which nothing could be told
    page.locator("#token-1-trace").click()
    key(page, "red")
    expect(page.locator("#token-1-trace-lines")).to_contain_text("gpio15_button")
    page.locator("#token-1-trace").click()
    expect(page.locator("#token-1-trace")).to_have_attribute("aria-pressed", "false")
    later = open_page(token)
    later.locator("summary", has_text="Spor").click()
    expect(later.locator("#token-1-trace-lines")).to_contain_text("gpio15_button")


def test_an_address_that_cannot_be_copied_is_marked(desk: Made, open_page: Opened) -> None:
    token = desk()
    token.observer.links = {"link": "/some/port"}
    page = open_page(token, language="en-GB")
    page.locator("#token-1-cable").click()
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error()); }")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("alert")).to_contain_text("marked")
    assert page.evaluate("String(getSelection())") == "/some/port"


def test_dates_are_written_as_in_the_page_s_language(desk: Made, open_page: Opened) -> None:
    token = desk()
    expect(open_page(token, language="en-GB").locator("time")).to_have_text("1 Jan 2030, 01:00:01")
    expect(open_page(token).locator("time")).to_have_text("1. jan. 2030, 01.00.01")


def test_two_tokens_side_by_side_have_nothing_to_do_with_each_other(
    desk: Made, open_page: Opened
) -> None:
    left, right = desk(), desk("kodeoplaeser")
    page = open_page(left, right, language="en-GB")
    first, second = (page.locator(f"#token-{number}") for number in (1, 2))
    expect(page.get_by_role("region", name="Kodeviser", exact=True)).to_have_count(1)
    expect(page.get_by_role("region", name="Kodeoplæser", exact=True)).to_have_count(1)
    first.locator(".key-red").click()
    expect(page.locator("#token-1-power")).to_have_text("On")
    expect(page.locator("#token-1-shown")).to_have_text(re.compile(r"\d{3} \d{3}"))
    expect(page.locator("#token-2-power")).to_have_text("Off")
    assert not right.emulator.powered
    second.locator('[data-key="8"]').focus()
    page.keyboard.down("r")  # for the token that was used last
    page.keyboard.down("8")
    expect(second.locator('[data-key="8"]')).to_have_attribute("aria-pressed", "true")
    page.keyboard.up("8")
    page.keyboard.up("r")
    expect(page.locator("#token-2-power")).to_have_text("On")
    assert not any("down" in line for line in left.recorder.text().splitlines()[3:])
    page.locator("#token-2-battery_mv").fill("3600")
    page.locator("#token-2-battery_mv").blur()
    settled(page, 2)
    assert (left.emulator.battery_mv, right.emulator.battery_mv) == (3900, 3600)
    judge(page, "side by side")
    page.set_viewport_size({"width": 320, "height": 640})
    judge(page, "below each other")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320, "it reflows"
