"""Signing in to an application with the app, without a browser."""

import re
from urllib.parse import urlencode

import pytest
from fastapi.testclient import TestClient

from host_tools.qa.tokens.app_device import AppDevice
from host_tools.validator.service import Validator
from tests.support.validator.app import APP_PIN
from tests.support.validator.application import Tokens
from tests.support.validator.clock import VirtualClock
from tests.support.validator.openid import ISSUER, Application, query_of
from tests.support.validator.site import csrf

from .test_sign_in import OTP, asked_again, claims_of

APP = "urn:kodebrik:acr:app"
NAME = "Butikken på hjørnet"


@pytest.fixture
def phone(client: TestClient, tokens: Tokens, validator: Validator) -> AppDevice:
    device = AppDevice(TestClient(client.app, base_url=ISSUER), "anna.holm", APP_PIN)
    letter = validator.app.issue_letter("anna.holm", actor="test").code
    assert device.activate(activation_code=letter).status_code == 201
    device.unlock()
    return device


class Browser:
    """A browser at the provider, which has given a user-ID and asked for an approval."""

    def __init__(self, shop: Application, user_id: str = "anna.holm", **changed: str) -> None:
        self.client, self.query = shop.client, urlencode(shop.request(**changed))
        form = {"csrf": csrf(shop.ask(**changed).text), "user_id": user_id}
        answer = self.client.post(f"/openid/sign-in?{self.query}", data=form)
        assert answer.status_code == 303
        self.code_page = self.client.get(answer.headers["location"]).text
        self.csrf = csrf(self.code_page)
        self.asked = self.client.post(f"{self.path()}", data={"csrf": self.csrf})

    def path(self, of: str = "") -> str:
        return f"/openid/sign-in/app{of}?{self.query}"

    def page(self) -> str:
        return self.client.get(self.path()).text

    def digits(self) -> str:
        pattern = r'<span aria-hidden="true">(\d\d)</span><span class="quiet">(.*?)<'
        found = re.search(pattern, self.page())
        assert found is not None
        assert found[2] == " ".join(found[1]), "read out digit by digit"
        return found[1]

    def state(self, wait: int = 0) -> str:
        return self.client.get(f"{self.path('/state')}&wait={wait}").json()["state"]

    def finish(self, form: str | None = None, choice: str = "done"):
        sent = {"csrf": form or self.csrf, "choice": choice}
        return self.client.post(self.path("/finish"), data=sent)


def test_what_is_approved_in_the_app_signs_in_to_the_application_once(
    shop: Application, client: TestClient, phone: AppDevice, clock: VirtualClock
):
    browser = Browser(shop, acr_values=APP)
    assert browser.asked.status_code == 303
    digits = browser.digits()
    assert browser.state() == "waiting"
    early = browser.finish()
    assert (early.status_code, "Det er endnu ikke godkendt i appen." in early.text) == (200, True)
    (shown,) = phone.waiting()
    assert (shown["party"], shown["party_name"]) == ("openid shop", NAME)
    assert shown["text"] == f"Log på hos {NAME}"
    assert shown["text"] in browser.page()
    assert phone.answer(shown, "approve", digits)["accepted"]
    answered = int(clock.now)
    assert browser.state(20) == "approved"
    clock.advance(7)
    finished = browser.finish()
    assert finished.status_code == 303
    back = query_of(finished.headers["location"])
    assert (back["state"], back["iss"]) == ("the state", ISSUER)
    body = shop.redeem(back["code"]).json()
    claims = claims_of(client, body["id_token"])
    assert (claims["acr"], claims["amr"]) == (APP, ["swk", "pin"])
    assert claims["auth_time"] == answered, "when it was approved"
    assert shop.info(body["access_token"]).json()["preferred_username"] == "anna.holm"
    assert browser.finish().status_code == 403, "the sign-in's form token went with it"
    assert browser.state() == "cancelled"
    assert asked_again(shop, prompt="none") == "code"
    assert asked_again(shop, acr_values=OTP) == "page"
    assert asked_again(shop, max_age="6") == "page"


def test_an_approval_is_used_once_though_its_sign_in_were_open(
    shop: Application, client: TestClient, phone: AppDevice
):
    browser = Browser(shop)
    before = dict(client.cookies)
    phone.answer(phone.waiting()[0], "approve", browser.digits())
    assert "code=" in browser.finish().headers["location"]
    client.cookies.clear()
    client.cookies.update(before)  # who has copied the browser's cookie
    again = browser.finish()
    assert again.headers["location"].startswith("/openid/authorize?")
    assert asked_again(shop) == "page"


@pytest.mark.parametrize("decision", ["decline", "report"])
def test_a_decline_is_told_and_a_code_can_be_used_instead(
    shop: Application, phone: AppDevice, tokens: Tokens, decision: str
):
    browser = Browser(shop)
    phone.answer(phone.waiting()[0], decision)
    assert browser.state(20) == "declined"
    refused = browser.finish()
    assert refused.status_code == 422
    assert "Det blev ikke godkendt i appen." in refused.text
    assert "aria-invalid" not in refused.text, "no code was typed"
    assert "Tre forkerte" not in refused.text
    sent = {"csrf": csrf(refused.text), "code": tokens.code("K1")}
    answer = shop.client.post(f"/openid/sign-in/code?{browser.query}", data=sent)
    assert "code=" in answer.headers["location"]


def test_an_expiry_is_told(shop: Application, phone: AppDevice, clock: VirtualClock):
    browser = Browser(shop)
    digits, (shown,) = browser.digits(), phone.waiting()
    clock.advance(300)
    assert browser.state() == "expired"
    assert phone.answer(shown, "approve", digits)["reason"] == "expired"
    for page in (browser.finish().text, browser.page()):
        assert "Tiden til at godkende er gået." in page


@pytest.mark.parametrize("choice", ["code", "cancel"])
def test_a_code_instead_or_none_at_all_takes_the_request_back(
    shop: Application, phone: AppDevice, choice: str
):
    browser = Browser(shop)
    digits, (shown,) = browser.digits(), phone.waiting()
    if choice == "code":
        location = browser.finish(choice="code").headers["location"]
        assert location == f"/openid/sign-in/code?{browser.query}"
    else:
        sent = {"csrf": browser.csrf, "choice": "cancel"}
        left = shop.client.post(f"/openid/sign-in/code?{browser.query}", data=sent)
        assert query_of(left.headers["location"])["error"] == "access_denied"
    assert phone.waiting() == []
    assert phone.answer(shown, "approve", digits)["reason"] == "not_waiting"
    assert browser.state() == "cancelled"


def test_an_approval_is_of_the_browser_and_of_the_application_that_asked(
    shop: Application, device: Application, client: TestClient, phone: AppDevice
):
    browser = Browser(shop)
    phone.answer(phone.waiting()[0], "approve", browser.digits())
    mine = dict(client.cookies)
    client.cookies.clear()
    assert browser.state() == "cancelled"
    other = Browser(shop)
    assert other.state() == "waiting"
    assert other.finish().status_code == 200
    client.cookies.clear()
    client.cookies.update(mine)
    foreign = urlencode(device.request())
    state = client.get(f"/openid/sign-in/app/state?{foreign}").json()["state"]
    assert state == "cancelled"
    sent = {"csrf": browser.csrf, "choice": "done"}
    crossed = client.post(f"/openid/sign-in/app/finish?{foreign}", data=sent)
    assert crossed.headers["location"].startswith("/openid/authorize?")
    assert "code=" in browser.finish().headers["location"]


def test_a_device_that_was_blocked_since_signs_nobody_in(
    shop: Application, phone: AppDevice, validator: Validator
):
    browser = Browser(shop)
    phone.answer(phone.waiting()[0], "approve", browser.digits())
    validator.block(phone.device, actor="test")
    assert browser.finish().status_code == 422
    assert asked_again(shop) == "page"


def test_a_report_ends_the_users_sign_ins_with_whatever_they_were_made(
    shop: Application, phone: AppDevice, tokens: Tokens
):
    browser = Browser(shop)
    phone.answer(phone.waiting()[0], "approve", browser.digits())
    by_app = query_of(browser.finish().headers["location"])["code"]
    browser.client.cookies.clear()
    by_code = query_of(shop.sign_in("anna.holm", tokens.code("K1")).headers["location"])["code"]
    access = shop.redeem(by_code).json()["access_token"]
    assert asked_again(shop) == "code"
    assert shop.info(access).status_code == 200
    Browser(shop, prompt="login")
    assert phone.answer(phone.waiting()[0], "report")["ended"]["signed_out"] == 1
    assert asked_again(shop) == "page"
    assert shop.info(access).status_code == 401
    assert shop.redeem(by_app).json()["error"] == "invalid_grant"


def test_the_app_is_offered_only_where_it_reaches_what_is_asked(shop: Application, tokens: Tokens):
    assert "/openid/sign-in/app" in Browser(shop).code_page
    assert "/openid/sign-in/app" in Browser(shop, acr_values=f"{OTP} {APP}").code_page
    assert "/openid/sign-in/app" not in Browser(shop, acr_values=OTP).code_page


def test_every_form_needs_the_token_of_its_session(shop: Application, phone: AppDevice):
    browser = Browser(shop)
    phone.answer(phone.waiting()[0], "approve", browser.digits())
    assert browser.finish("x").status_code == 403
    assert browser.client.post(browser.path(), data={"csrf": "x"}).status_code == 403
    assert browser.state() == "approved"
    browser.client.cookies.clear()
    assert browser.client.post(browser.path(), data={"csrf": browser.csrf}).status_code == 403
    location = browser.client.get(browser.path()).headers["location"]
    assert location.startswith("/openid/authorize?")


def test_nobody_is_told_who_exists(shop: Application, phone: AppDevice):
    for user_id in ("anna.holm", "nobody-at-all"):
        browser = Browser(shop, user_id)
        assert browser.state() == "waiting"
        browser.digits()
    for _ in range(5):
        Browser(shop, "nobody-at-all")
    refused = Browser(shop, "nobody-at-all").asked
    assert refused.status_code == 422
    assert "Appen er spurgt for ofte." in refused.text
