"""Both sites in Chromium: no violation by axe-core, everything by keyboard alone, in Danish and
English."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Page, expect

from host_tools.otp import codes
from host_tools.validator.records import Role
from host_tools.validator.service import Validator
from tests.support import browser as chromium
from tests.support.validator.application import SUITE, Tokens, new_token
from tests.support.validator.clock import VirtualClock
from tests.support.validator.direct_app import ask, opened

PICTURES = os.environ.get("KODEBRIK_SCREENSHOTS")  # a folder for pictures of the pages, for eyes
# For what a page does in any language; templates and their rules of contrast are the same in both.
one_language = pytest.mark.parametrize("context", ["da-DK"], indirect=True)


@pytest.fixture
def address(app: FastAPI) -> Iterator[str]:
    with chromium.served(app) as url:
        yield url


@pytest.fixture(params=["da-DK", "en-GB"])
def context(
    request: pytest.FixtureRequest, browser: Browser, address: str
) -> Iterator[BrowserContext]:
    opened = browser.new_context(base_url=address, locale=request.param)
    opened.set_default_timeout(chromium.PATIENCE)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    opened = context.new_page()
    problems: list[str] = []
    opened.on(
        "console",
        lambda message: problems.append(message.text) if message.type == "error" else None,
    )
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.problems = problems  # type: ignore[attr-defined]
    return opened


def judge(page: Page, name: str) -> None:
    """Assert that the page has no accessibility violation in its light and its dark colour scheme,
    and that nothing on it failed to load or run."""
    for scheme, rules in (("light", chromium.RULES), ("dark", chromium.COLOURS)):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        if PICTURES:
            language = page.locator("html").get_attribute("lang")
            path = Path(PICTURES, f"{name}-{language}-{scheme}.png")
            page.screenshot(path=path, full_page=True)
        assert chromium.violations(page, rules) == [], f"{name}, {scheme}"
    page.emulate_media(color_scheme="light")
    # A refused form answers with 422, which Chromium calls an error.
    assert [one for one in page.problems if "422" not in one] == []  # type: ignore[attr-defined]


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def focused(page: Page) -> str:
    """Give the id, name or text of what has the focus."""
    return str(
        page.evaluate(
            "(() => { const e = document.activeElement; return e.id || e.value || e.innerText || "
            "e.tagName })()"
        )
    )


def tab_to(page: Page, wanted: str) -> None:
    """Press Tab until `wanted` (an id, a value or text) has the focus, and see that the focus
    shows."""
    for _ in range(60):
        if re.fullmatch(wanted, focused(page)):
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", f"the focus on {wanted} cannot be seen"
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reaches {wanted}")


def test_signing_in_by_keyboard_alone(page: Page, tokens: Tokens) -> None:
    page.goto("/sign-in")
    judge(page, "sign-in")
    tab_to(page, "user_id")
    page.keyboard.type("anna.holm")
    press(page, "Enter")
    code = page.locator("#code")
    expect(code).to_be_focused()
    expect(page.locator("#what")).to_have_text(re.compile(r"2[.,]300.* 9978\s000123456"))
    judge(page, "approve")
    page.keyboard.type(tokens.code("K1"))
    press(page, "Enter")
    expect(page.locator("h1")).to_have_text(re.compile("Godkendt|Approved"))
    expect(page.locator("#status")).to_have_text(re.compile(r"2[.,]300"))
    judge(page, "approved")


@one_language
def test_the_code_field_is_for_one_time_codes_and_takes_a_pasted_one(
    page: Page, tokens: Tokens
) -> None:
    page.goto("/sign-in")
    page.locator("#user_id").fill("anna.holm")
    press(page, "Enter")
    field = page.locator("#code")
    assert field.get_attribute("autocomplete") == "one-time-code"
    assert field.get_attribute("inputmode") == "numeric"
    shown = codes.grouped(tokens.code("K1"))  # with the gap that the token shows
    page.evaluate(
        """text => { const data = new DataTransfer(); data.setData('text/plain', text);
        const taken = document.activeElement.dispatchEvent(
            new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}));
        if (!taken) throw new Error('the page stops pasting');
        document.execCommand('insertText', false, text); }""",
        shown,
    )
    expect(field).to_have_value(shown)
    press(page, "Enter")
    expect(page.locator("h1")).to_have_text(re.compile("Godkendt|Approved"))


def test_a_wrong_code_and_an_unknown_user_look_alike_and_are_said(page: Page) -> None:
    seen = []
    for user_id in ("anna.holm", "nobody.here"):
        page.goto("/sign-in")
        page.locator("#user_id").fill(user_id)
        press(page, "Enter")
        page.locator("#code").fill("000000")
        press(page, "Enter")
        expect(page.locator("#status")).to_have_text(re.compile("Forkert bruger-ID|not right"))
        expect(page.locator("#code")).to_be_focused()
        expect(page.locator("#code")).to_have_attribute("aria-invalid", "true")
        number = page.locator("#number").text_content() or ""
        seen.append(page.locator("main").inner_text().replace(number, ""))
        judge(page, "wrong-code")
        assert page.title().startswith(("Fejl:", "Error:"))
    assert seen[0] == seen[1]


@one_language
def test_an_ocra_token_answers_the_number(page: Page, tokens: Tokens) -> None:
    page.goto("/sign-in")
    page.locator("#user_id").fill("carla.ny")
    press(page, "Enter")
    page.get_by_text(re.compile("taste et tal|ask for a number")).click()
    number = (page.locator("#number").text_content() or "").strip()
    judge(page, "number")
    page.locator("#code").fill(codes.ocra(tokens.secrets["K4"].reveal(), SUITE, number))
    press(page, "Enter")
    expect(page.locator("h1")).to_have_text(re.compile("Godkendt|Approved"))


@one_language
def test_cancelling_approves_nothing(page: Page, validator: Validator) -> None:
    page.goto("/sign-in")
    page.locator("#user_id").fill("anna.holm")
    press(page, "Enter")
    expect(page.locator("#code")).to_be_focused()
    tab_to(page, "cancel")
    press(page, "Enter")
    expect(page.locator(".message")).to_have_text(
        re.compile("Intet er godkendt|Nothing was approved")
    )
    assert validator.token("K1").last_accepted_at is None


def test_activating_by_keyboard_alone(page: Page, validator: Validator, tokens: Tokens) -> None:
    letter = validator.issue_activation_code("K3", actor="test")
    page.goto("/activate")
    judge(page, "activate")
    for name, value in (
        ("user_id", "bo.lund"),
        ("serial", "K3"),
        ("activation_code", letter.code),
        ("code", tokens.code("K3")),
    ):
        tab_to(page, name)
        page.keyboard.type(value)
    press(page, "Enter")
    expect(page.locator(".message.good")).to_be_visible()
    assert validator.token("K3").status == "active"
    judge(page, "activated")


def sign_in_as(page: Page, key: str) -> None:
    page.goto("/admin")
    expect(page.locator("#key")).to_be_visible()
    tab_to(page, "key")
    page.keyboard.type(key)
    press(page, "Enter")
    expect(page.locator("h1")).to_have_text(re.compile("Overblik|Overview"))


def test_every_page_of_the_administration(
    page: Page, keys: dict[Role, str], validator: Validator, tokens: Tokens, clock: VirtualClock
) -> None:
    for _ in range(12):
        clock.advance(5 * 86400)
        assert validator.check_many([_check(tokens.code("K1"))])[0].accepted
    page.goto("/admin")
    judge(page, "login")
    sign_in_as(page, keys[Role.ADMINISTRATOR])
    judge(page, "overview")
    for path, name in (
        ("/admin/tokens", "tokens"),
        ("/admin/token?serial=K1", "token"),
        ("/admin/users", "users"),
        ("/admin/user?user_id=anna.holm", "user"),
        ("/admin/audit", "audit"),
        ("/admin/import", "import"),
        ("/admin/keys", "keys"),
    ):
        page.goto(path)
        for summary in page.locator("main summary").all():
            summary.click()
        judge(page, name)
        if name == "user":
            page.locator("form:has([value=app_letter]) button").press("Enter")
            expect(page.locator(".message.good .once")).to_have_text(re.compile(r"^\d{12}$"))
            judge(page, "user-letter")
    page.goto("/admin/token?serial=K1")
    drawing = page.get_by_role("img", name=re.compile("Urets gang for K1|Drift of K1"))
    assert drawing.locator("circle").count() == 12


def test_a_users_report_is_shown_and_lifted(
    page: Page, keys: dict[Role, str], validator: Validator
) -> None:
    phone = opened(validator, "anna.holm")
    ask(validator, "anna.holm", place="Lagos")
    assert phone.answer(phone.waiting()[0], "report").accepted
    page.goto("/admin")
    sign_in_as(page, keys[Role.HELP_DESK])
    page.goto("/admin/user?user_id=anna.holm")
    expect(page.locator(".message.bad")).to_contain_text("Lagos")
    page.locator("summary", has_text=re.compile("blive spurgt igen|be asked again")).press("Enter")
    judge(page, "user-reported")
    page.locator("form:has([value=lift_report]) button").press("Enter")
    expect(page.locator(".message.good")).to_contain_text(re.compile("spørges igen|asked again"))
    expect(page.locator(".message.bad")).to_have_count(0)
    assert validator.app.report("anna.holm") is None


def _check(code: str) -> object:
    from host_tools.validator.rule.verdict import CheckRequest  # noqa: PLC0415

    return CheckRequest(code=code, serial="K1")


def test_a_token_is_assigned_lettered_and_blocked_by_keyboard_alone(
    page: Page, keys: dict[Role, str], validator: Validator
) -> None:
    sign_in_as(page, keys[Role.HELP_DESK])
    page.goto("/admin/token?serial=K2")
    tab_to(page, "Tildel til bruger|Assign to a user")
    press(page, "Enter")
    tab_to(page, "user_id")
    page.keyboard.type("dorte.vig")
    press(page, "Enter")
    expect(page.locator("#status")).to_have_text(re.compile("er tildelt|is assigned"))
    tab_to(page, "Lav aktiveringskode.*|Make an activation code.*")
    press(page, "Enter", "Tab", "Enter")
    letter = page.locator(".once")
    expect(letter).to_be_visible()
    judge(page, "letter")
    tab_to(page, "Spær|Block")
    press(page, "Enter", "Tab")
    page.keyboard.type("lost on the bus")
    press(page, "Enter")
    expect(page.locator("#status")).to_have_text(re.compile("er spærret|is blocked"))
    assert validator.token("K2").status == "blocked"


@one_language
def test_an_import_shows_its_progress_and_its_end(
    page: Page, keys: dict[Role, str], validator: Validator
) -> None:
    sign_in_as(page, keys[Role.ADMINISTRATOR])
    lines = [f"V{n:04},{n:040x},totp,6,30" for n in range(1, 501)]
    page.goto("/admin/import")
    file = {"name": "tokens.csv", "mimeType": "text/csv", "buffer": "\n".join(lines).encode()}
    page.locator("#file").set_input_files(file)  # type: ignore[arg-type]
    tab_to(page, "Importér|Import")
    page.locator("main > form button").press("Enter")
    expect(page.locator(".message.good")).to_have_text(
        re.compile(r"500 (kodebrikker er importeret|tokens are imported)")
    )
    assert "250 " in page.locator(".log").first.inner_text()
    judge(page, "importing")
    assert validator.token("V0500").digits == 6


@one_language
def test_a_faulty_import_names_the_fault(
    page: Page, keys: dict[Role, str], validator: Validator
) -> None:
    sign_in_as(page, keys[Role.ADMINISTRATOR])
    page.goto("/admin/import")
    file = {"name": "<b>tokens</b>.csv", "mimeType": "text/csv", "buffer": b"V1,00,totp,6,30\n"}
    page.locator("#file").set_input_files(file)  # type: ignore[arg-type]
    page.locator("main > form button").press("Enter")
    expect(page.locator(".message.bad")).to_contain_text("V1")
    expect(page.locator("h1")).to_contain_text("<b>tokens</b>.csv")
    judge(page, "import-fault")
    assert validator.tokens(text="V1").total == 0


HOSTILE = '"><svg/onload=window.ran=1>'  # printable and without spaces, as serial numbers are


def assert_nothing_ran(page: Page, text: str = HOSTILE) -> None:
    """Assert that the markup is text on the page."""
    assert text in page.locator("main").inner_text()
    assert page.locator("svg[onload], script:not([src])").count() == 0
    assert page.evaluate("window.ran === undefined")
    # Of what the policy for contents stops, the console tells.
    assert page.problems == []  # type: ignore[attr-defined]


@one_language
def test_markup_in_names_reasons_and_files_is_text_on_every_page(
    page: Page, keys: dict[Role, str], validator: Validator, tokens: Tokens
) -> None:
    validator.import_tokens([new_token(tokens, HOSTILE)], actor=HOSTILE)
    validator.assign(HOSTILE, "dorte.vig", actor="test")
    validator.block(HOSTILE, reason=HOSTILE, actor=HOSTILE)
    validator.create_api_key(HOSTILE, Role.AUDITOR, actor="test")
    sign_in_as(page, keys[Role.ADMINISTRATOR])
    named = quote(HOSTILE)
    for path in (
        "/admin/tokens",
        f"/admin/tokens?text={named}",
        f"/admin/token?serial={named}",
        "/admin/user?user_id=dorte.vig",
        "/admin/audit",
        "/admin/keys",
    ):
        page.goto(path)
        assert_nothing_ran(page)
    page.goto("/admin/import")
    lines = f'serial,key,type\n"{HOSTILE.replace(chr(34), 2 * chr(34))}",00,totp\n'
    file = {"name": HOSTILE, "mimeType": "text/csv", "buffer": lines.encode()}
    page.locator("#file").set_input_files(file)  # type: ignore[arg-type]
    page.locator("main > form button").press("Enter")
    expect(page.locator(".message.bad")).to_be_visible()
    assert_nothing_ran(page, HOSTILE.replace('"', "%22"))  # as HTML encodes names of files


def test_text_twice_as_large_and_a_narrow_screen_lose_nothing(
    page: Page, keys: dict[Role, str], tokens: Tokens
) -> None:
    """WCAG 2.2, 1.4.10: at 320 CSS pixels (1280 at 400 %) nothing needs scrolling in two
    directions."""
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto("/sign-in")
    page.locator("#user_id").fill("anna.holm")
    press(page, "Enter")
    expect(page.locator("#code")).to_be_visible()
    judge(page, "approve-narrow")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    sign_in_as(page, keys[Role.ADMINISTRATOR])
    for path in ("/admin/tokens", "/admin/token?serial=K1", "/admin/audit", "/admin/keys"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
    judge(page, "keys-narrow")


@one_language
def test_a_small_screen_has_a_menu_behind_a_button_and_says_what_scrolls(
    page: Page, keys: dict[Role, str], validator: Validator, tokens: Tokens, clock: VirtualClock
) -> None:
    for _ in range(3):
        clock.advance(86400)
        assert validator.check_many([_check(tokens.code("K1"))])[0].accepted
    page.set_viewport_size({"width": 340, "height": 720})
    sign_in_as(page, keys[Role.ADMINISTRATOR])
    link = page.locator("header").get_by_role("link", name="Hændelser")
    expect(link).to_be_hidden()
    tab_to(page, "Menu.*")
    press(page, "Enter")
    expect(link).to_be_visible()
    judge(page, "menu-narrow")
    link.click()
    expect(page.locator("h1")).to_have_text("Hændelser")
    expect(page.locator(".scrolls")).to_be_visible()
    page.goto("/admin/token?serial=K1")
    sizes = page.locator("svg.plot text").evaluate_all(
        "texts => texts.map(text => text.getBoundingClientRect().height)"
    )
    assert min(sizes) >= 11, "pixels"
    judge(page, "token-narrow")
    page.set_viewport_size({"width": 1280, "height": 720})
    expect(page.locator(".scrolls:visible")).to_have_count(0)
    expect(page.locator("details.menu")).to_be_hidden()
    expect(link).to_be_visible()


def test_the_site_works_without_scripts(browser: Browser, address: str, tokens: Tokens) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/sign-in")
    page.locator("#user_id").fill("anna.holm")
    page.locator("main button").click()
    page.locator("#code").fill(tokens.code("K1"))
    page.locator("button[value=approve]").click()
    expect(page.locator(".message.good")).to_be_visible()
    context.close()


def test_over_tls_the_cookies_are_for_tls_alone(
    browser: Browser, app: FastAPI, tokens: Tokens, tmp_path: Path
) -> None:
    """Chromium accepts `__Host-` cookies only with Secure, Path=/ and without Domain."""
    with chromium.served(app, chromium.self_signed(tmp_path / "server.pem")) as address:
        context = browser.new_context(base_url=address, ignore_https_errors=True)
        page = context.new_page()
        page.goto("/sign-in")
        page.locator("#user_id").fill("anna.holm")
        press(page, "Enter")
        expect(page.locator("#code")).to_be_focused()
        page.keyboard.type(tokens.code("K1"))
        press(page, "Enter")
        expect(page.locator("h1")).to_have_text(re.compile("Godkendt|Approved"))
        assert {
            (one["name"], one["secure"], one["httpOnly"], one["sameSite"])
            for one in context.cookies()
        } == {("__Host-sign-in", True, True, "Strict")}
        context.close()


@one_language
def test_an_administrator_is_warned_before_the_session_ends_and_can_stay(
    page: Page, keys: dict[Role, str]
) -> None:
    """WCAG 2.2, 2.2.1: two minutes before, with a simple action that extends it."""
    page.clock.install()
    sign_in_as(page, keys[Role.AUDITOR])
    warning = page.locator("#idle")
    expect(warning).to_be_hidden()
    page.clock.fast_forward(58 * 60 * 1000)
    expect(warning).to_be_visible()
    judge(page, "idle")
    warning.locator("button").press("Enter")
    expect(warning).to_be_hidden()
    expect(page.locator("#status")).to_have_text(re.compile("stadig logget på|still signed in"))
    page.clock.fast_forward(58 * 60 * 1000)
    expect(warning).to_be_visible()


def test_an_import_without_scripts_shows_its_end(
    browser: Browser, address: str, keys: dict[Role, str]
) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/admin/login")
    page.locator("#key").fill(keys[Role.ADMINISTRATOR])
    page.locator("main button").click()
    page.goto("/admin/import")
    file = {
        "name": "t.csv",
        "mimeType": "text/csv",
        "buffer": b"V1,3132333435363738393031323334353637383930,totp,6,30\n",
    }
    page.locator("#file").set_input_files(file)  # type: ignore[arg-type]
    page.locator("main > form button").click()
    expect(page.locator(".message.good")).to_contain_text("1 ")
    context.close()


def test_the_language_is_chosen_and_kept(page: Page) -> None:
    page.goto("/sign-in")
    for code, heading in (("en", "Sign in"), ("da", "Log på")):
        page.locator(f"a[hreflang={code}]").click()
        expect(page.locator("h1")).to_have_text(heading)
        assert page.locator("html").get_attribute("lang") == code
        page.goto("/sign-in")
        expect(page.locator("h1")).to_have_text(heading)


@one_language
def test_an_unknown_address_gets_an_error_page(page: Page) -> None:
    page.goto("/nowhere")
    expect(page.locator("h1")).to_have_text(re.compile("Siden findes ikke|There is no such page"))
    page.problems.clear()  # type: ignore[attr-defined] # Chromium reports the 404
    judge(page, "not-found")


def test_axe_finds_the_known_faults_of_a_page(browser: Browser) -> None:
    """Shows that axe-core runs: without it every other test here would pass."""
    page = browser.new_page()
    page.set_content(
        "<html><body><input><img src='x'><p "
        "style='color:#999;background:#aaa'>faint</p></body></html>"
    )
    found = " ".join(chromium.violations(page))
    page.close()
    for rule in ("label", "image-alt", "color-contrast", "html-has-lang", "document-title"):
        assert rule in found


def test_the_sign_in_waits_for_the_app_and_finishes_by_itself(
    page: Page, validator: Validator
) -> None:
    phone = opened(validator, "anna.holm")
    page.goto("/sign-in")
    page.locator("#user_id").fill("anna.holm")
    press(page, "Enter")
    expect(page.locator("#code")).to_be_focused()
    tab_to(page, "Godkend i appen|Approve in the app")
    press(page, "Enter")
    page.wait_for_url("**/sign-in/app")
    judge(page, "in-app")
    waiting = page.locator("#waiting").get_attribute("data-waiting")
    expect(page.locator("#status")).to_have_text(str(waiting))
    (shown,) = phone.waiting()
    digits = page.locator(".once span").first.inner_text()
    phone.answer(shown, "approve", digits)
    page.wait_for_url("**/sign-in/done")
    judge(page, "approved-in-app")


@one_language
def test_the_time_left_to_approve_is_told_and_extended(page: Page, clock: VirtualClock) -> None:
    """WCAG 2.2, 2.2.1."""
    page.clock.install()
    page.goto("/sign-in")
    page.locator("#user_id").fill("anna.holm")
    press(page, "Enter")
    page.get_by_role("button", name="Godkend i appen").click()
    expect(page.locator("#left")).to_have_text("Tid tilbage: 5:00")
    page.clock.fast_forward(2000)
    expect(page.locator("#status")).to_have_text(re.compile("^Venter"))
    clock.advance(242)
    page.clock.fast_forward("04:00")
    expect(page.locator("#left")).to_have_text(re.compile("Tid tilbage: 0:5"))
    expect(page.locator("#status")).to_have_text(re.compile("^Der er 5. sekunder tilbage.$"))
    page.get_by_role("button", name="Giv mig mere tid").press("Enter")
    expect(page.locator("#left")).to_have_text("Tid tilbage: 5:00")


@one_language
def test_a_decline_in_the_app_leads_back_to_the_code(page: Page, validator: Validator) -> None:
    phone = opened(validator, "anna.holm")
    page.goto("/sign-in")
    page.locator("#user_id").fill("anna.holm")
    press(page, "Enter")
    page.get_by_role("button", name="Godkend i appen").click()
    page.wait_for_url("**/sign-in/app")
    phone.answer(phone.waiting()[0], "report")
    expect(page.locator(".message.bad")).to_contain_text("Det blev ikke godkendt i appen.")
    judge(page, "declined-in-app")
