"""Signing in to an application in Chromium, with the code that an emulated kodeviser shows: by
keyboard alone, in Danish and English, and no page with a violation by axe-core."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from host_tools.qa.tokens.app_device import AppDevice
from host_tools.validator.records import NewToken, Product
from host_tools.validator.server.application import create_app
from host_tools.validator.service import Validator
from host_tools.web_server import LOOPBACK, listen, serving
from tests.support import browser as chromium
from tests.support.emulated.token import TokenUnderTest, totp
from tests.support.validator import openid
from tests.support.validator.database import MASTER, create_tables
from tests.support.validator.openid import Application, challenge_of

PICTURES = os.environ.get("KODEBRIK_SCREENSHOTS")  # a folder for pictures of the pages, for eyes
NAME = "Butikken på hjørnet"


@dataclass
class Shop:
    """The application's site: what came to it."""

    url: str = ""
    came: list[Request] = field(default_factory=list)

    async def back(self, request: Request) -> HTMLResponse:
        self.came.append(request)
        return HTMLResponse("<!doctype html><title>Shop</title><h1>Welcome</h1>")


@pytest.fixture
def shop() -> Iterator[Shop]:
    made = Shop()
    app = Starlette(routes=[Route("/back", made.back), Route("/left", made.back)])
    with chromium.served(app) as made.url:
        yield made


@pytest.fixture
def provider(kodeviser: TokenUnderTest, tmp_path: Path, shop: Shop) -> Iterator[str]:
    """Serve a validator on the emulator's time, in which the kodeviser is anna.holm's."""
    kodeviser.provision(totp())
    kodeviser.emulator.unplug()
    kodeviser.emulator.advance(62)
    url = f"sqlite:///{tmp_path / 'validator.db'}"
    create_tables(url)
    listener = listen(LOOPBACK, 0)
    issuer = f"http://{LOOPBACK}:{listener.getsockname()[1]}"
    client = {
        "name": NAME,
        "redirect_uris": [f"{shop.url}/back"],
        "post_logout_redirect_uris": [f"{shop.url}/left"],
    }
    with Validator(url, MASTER, lambda: kodeviser.emulator.now) as validator:
        token = NewToken("KV1", totp(), product=Product.KODEVISER)
        validator.import_tokens([token], actor="test")
        validator.assign("KV1", "anna.holm", actor="test")
        validator.activate_by_administrator("KV1", actor="test")
        app = create_app(validator, openid.settings(issuer, {"shop": client}))
        with serving(app, listener):
            yield issuer


def judge(page: Page, name: str) -> None:
    for scheme, rules in (("light", chromium.RULES), ("dark", chromium.COLOURS)):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        if PICTURES:
            language = page.locator("html").get_attribute("lang")
            path = Path(PICTURES, f"{name}-{language}-{scheme}.png")
            page.screenshot(path=path, full_page=True)
        assert chromium.violations(page, rules) == [], f"{name}, {scheme}"
    page.emulate_media(color_scheme="light")


@pytest.mark.parametrize("locale", ["da-DK", "en-GB"])
def test_the_code_on_the_display_signs_in_to_the_application(
    browser: Browser, kodeviser: TokenUnderTest, provider: str, shop: Shop, locale: str
):
    context = browser.new_context(base_url=provider, locale=locale)
    context.set_default_timeout(chromium.PATIENCE)
    page = context.new_page()
    verifier = 43 * "v"
    asked = {
        "response_type": "code",
        "client_id": "shop",
        "redirect_uri": f"{shop.url}/back",
        "scope": "openid",
        "state": "s",
        "nonce": "n",
        "code_challenge": challenge_of(verifier),
        "code_challenge_method": "S256",
    }
    danish = locale == "da-DK"
    heading = f"Log på {NAME}" if danish else f"Sign in to {NAME}"
    page.goto(f"/openid/authorize?{urlencode(asked)}")
    expect(page.locator("h1")).to_have_text(heading)
    judge(page, "openid-user")
    page.locator("#user_id").focus()
    page.keyboard.type("anna.holm")
    page.keyboard.press("Enter")
    expect(page.locator("#code")).to_be_focused()
    expect(page.locator("h1")).to_have_text(heading)
    judge(page, "openid-code")
    page.keyboard.type("000000")
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_contain_text("Forkert" if danish else "not right")
    judge(page, "openid-refused")
    page.keyboard.type(kodeviser.code())
    page.keyboard.press("Enter")
    page.wait_for_url(f"{shop.url}/back?**")
    expect(page.locator("h1")).to_have_text("Welcome")
    (came,) = shop.came
    assert came.method == "GET"
    assert "referer" not in came.headers
    back = dict(parse_qsl(urlsplit(page.url).query))
    assert (back["state"], back["iss"]) == ("s", provider)
    sent = {
        "grant_type": "authorization_code",
        "client_id": "shop",
        "code": back["code"],
        "redirect_uri": f"{shop.url}/back",
        "code_verifier": verifier,
    }
    given = context.request.post("/openid/token", form=sent).json()
    page.goto(f"/openid/authorize?{urlencode(asked)}")  # no code is asked for again
    page.wait_for_url(f"{shop.url}/back?**")
    page.goto("/openid/logout")
    judge(page, "openid-leave")
    page.get_by_role("button").click()
    expect(page.locator(".message.good")).to_be_visible()
    judge(page, "openid-left")
    ended = {"id_token_hint": given["id_token"], "post_logout_redirect_uri": f"{shop.url}/left"}
    page.goto(f"/openid/logout?{urlencode(ended)}")
    page.wait_for_url(f"{shop.url}/left")
    context.close()


@pytest.mark.parametrize("locale", ["da-DK", "en-GB"])
def test_an_approval_in_the_app_signs_in_to_the_application_by_itself(
    browser: Browser, kodeviser: TokenUnderTest, provider: str, shop: Shop, locale: str
):
    context = browser.new_context(base_url=provider, locale=locale)
    context.set_default_timeout(chromium.PATIENCE)
    page = context.new_page()
    danish = locale == "da-DK"
    client = Application(client=None, client_id="shop", secret=None, address=f"{shop.url}/back")
    with httpx2.Client(base_url=provider) as http:
        phone = AppDevice(http, "anna.holm", "4711")
        assert phone.activate(code=kodeviser.code()).status_code == 201
        assert phone.unlock()["opened"]
        page.goto(f"/openid/authorize?{urlencode(client.request(scope='openid'))}")
        page.locator("#user_id").fill("anna.holm")
        page.keyboard.press("Enter")
        in_app = "Godkend i appen" if danish else "Approve in the app"
        page.get_by_role("button", name=in_app).focus()
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text(in_app)
        waits = "Venter på, at du godkender" if danish else "Waiting for your approval"
        expect(page.locator("#status")).to_contain_text(waits)
        asked = f"{'Log på hos' if danish else 'Sign in at'} {NAME}"
        expect(page.get_by_role("group", name=in_app)).to_have_text(asked)
        judge(page, "openid-in-app")
        page.get_by_role("link", name="English" if danish else "Dansk").click()
        expect(page.locator("h1")).to_have_text(
            "Approve in the app" if danish else "Godkend i appen"
        )
        (declined,) = phone.waiting()
        assert phone.answer(declined, "decline")["accepted"]
        expect(page.locator(".message.bad")).to_have_text(
            re.compile("not approved in the app" if danish else "ikke godkendt i appen")
        )
        judge(page, "openid-declined")
        page.locator("form[action*='/app'] button").click()
        digits = page.locator(".once [aria-hidden]").inner_text()
        (shown,) = phone.waiting()
        assert (shown["text"], shown["party_name"]) == (f"Log på hos {NAME}", NAME)
        assert phone.answer(shown, "approve", digits)["accepted"]
        page.wait_for_url(f"{shop.url}/back?**")
    (came,) = shop.came
    assert came.method == "GET"
    assert "referer" not in came.headers
    back = dict(parse_qsl(urlsplit(page.url).query))
    sent = {
        "grant_type": "authorization_code",
        "client_id": "shop",
        "code": back["code"],
        "redirect_uri": f"{shop.url}/back",
        "code_verifier": client.verifier,
    }
    assert "id_token" in context.request.post("/openid/token", form=sent).json()
    context.close()


def test_choosing_a_language_keeps_the_request(
    browser: Browser, kodeviser: TokenUnderTest, provider: str, shop: Shop
):
    context = browser.new_context(base_url=provider, locale="da-DK")
    page = context.new_page()
    client = Application(client=None, client_id="shop", secret=None, address=f"{shop.url}/back")
    page.goto(f"/openid/authorize?{urlencode(client.request())}")
    page.get_by_role("link", name="English").click()
    expect(page.locator("h1")).to_have_text(f"Sign in to {NAME}")
    page.locator("#user_id").fill("anna.holm")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Dansk").click()
    expect(page.locator("h1")).to_have_text(f"Log på {NAME}")
    page.locator("#code").fill(kodeviser.code())
    page.keyboard.press("Enter")
    page.wait_for_url(f"{shop.url}/back?**")
    context.close()
