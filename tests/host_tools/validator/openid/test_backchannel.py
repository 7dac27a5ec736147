"""Signing in somebody who is not there: an application asks by user-ID, the user approves in the
app, and the application polls (OpenID Connect CIBA Core 1.0)."""

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import KeySet

from host_tools.qa.tokens.app_device import AppDevice
from host_tools.validator.http.settings import App, Settings
from host_tools.validator.openid.settings import OpenId
from host_tools.validator.service import Validator
from tests.support.validator.clock import VirtualClock
from tests.support.validator.openid import CLIENTS, ISSUER, SECRET, Application

GRANT = "urn:openid:params:grant-type:ciba"
APP = "urn:kodebrik:acr:app"
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=250)
TEXT = "Overførsel af 2.300 kr. til konto 9978 000123456"


@pytest.fixture
def settings() -> Settings:
    clients = {**CLIENTS, "shop": {**CLIENTS["shop"], "backchannel": True}}
    openid = OpenId.model_validate({"issuer": ISSUER, "clients": clients})
    return Settings(guesses_per_minute=600.0, openid=openid, app=App(requests_per_hour=3))


@pytest.fixture
def phone(client: TestClient, validator: Validator) -> AppDevice:
    """Give anna.holm's device, which is open."""
    device = AppDevice(client, "anna.holm", "4711")
    letter = validator.app.issue_letter("anna.holm", actor="test")
    assert device.activate(activation_code=letter.code).status_code == 201
    assert device.unlock()["opened"]
    return device


def ask(shop: Application, **changed: str | None):
    asked = {"scope": "openid profile", "login_hint": "anna.holm", "binding_message": TEXT}
    sent = {name: value for name, value in (asked | changed).items() if value is not None}
    authenticated = (shop.client_id, shop.secret or "")
    return shop.client.post("/openid/backchannel", data=sent, auth=authenticated)


def begun(shop: Application, **changed: str | None) -> dict:
    answer = ask(shop, **changed)
    assert answer.status_code == 200, answer.text
    return answer.json()


def poll(shop: Application, request: dict):
    sent = {"grant_type": GRANT, "auth_req_id": request["auth_req_id"]}
    authenticated = (shop.client_id, shop.secret or "")
    return shop.client.post("/openid/token", data=sent, auth=authenticated)


def error_of(answer) -> str:
    assert answer.status_code in (400, 401), answer.text
    return answer.json()["error"]


def test_what_is_approved_in_the_app_gets_tokens_once(
    shop: Application, phone: AppDevice, client: TestClient, clock: VirtualClock
):
    request = begun(shop)
    assert (request["interval"], request["expires_in"]) == (5, 300)
    assert error_of(poll(shop, request)) == "authorization_pending"
    (shown,) = phone.waiting()
    assert (shown["party_name"], shown["text"]) == ("Butikken på hjørnet", TEXT)
    assert phone.answer(shown, "approve", request["digits"])["accepted"]
    clock.advance(5)
    body = poll(shop, request).json()
    keys = KeySet.import_key_set(client.get("/openid/keys").json())
    claims = jwt.decode(body["id_token"], keys, ["ES256"]).claims
    assert (claims["iss"], claims["aud"], claims["acr"]) == (ISSUER, "shop", APP)
    assert claims["amr"] == ["swk", "pin"]
    assert claims["auth_time"] == int(clock.now) - 5
    info = shop.info(body["access_token"]).json()
    assert info == {"sub": claims["sub"], "preferred_username": "anna.holm"}
    clock.advance(5)
    assert error_of(poll(shop, request)) == "invalid_grant"


def test_a_user_is_the_same_by_app_and_by_code(
    shop: Application, phone: AppDevice, tokens, clock: VirtualClock
):
    request = begun(shop)
    phone.answer(phone.waiting()[0], "approve", request["digits"])
    by_app = shop.info(poll(shop, request).json()["access_token"]).json()["sub"]
    answer = shop.sign_in("anna.holm", tokens.code("K1"))
    code = answer.headers["location"].partition("code=")[2].partition("&")[0]
    assert shop.info(shop.redeem(code).json()["access_token"]).json()["sub"] == by_app


@pytest.mark.parametrize("decision", ["decline", "report"])
def test_what_is_declined_is_denied(
    shop: Application, phone: AppDevice, clock: VirtualClock, decision: str
):
    request = begun(shop)
    phone.answer(phone.waiting()[0], decision)
    assert error_of(poll(shop, request)) == "access_denied"
    clock.advance(5)
    assert error_of(poll(shop, request)) == "invalid_grant"


@pytest.mark.parametrize("user_id", ["anna.holm", "nobody.here"])
def test_what_nobody_answers_expires_whether_or_not_there_is_such_a_user(
    shop: Application, clock: VirtualClock, user_id: str
):
    request = begun(shop, login_hint=user_id)
    assert error_of(poll(shop, request)) == "authorization_pending"
    clock.advance(300)
    assert error_of(poll(shop, request)) == "expired_token"


def test_who_polls_too_soon_must_wait_longer(shop: Application, clock: VirtualClock):
    request = begun(shop)
    assert error_of(poll(shop, request)) == "authorization_pending"
    clock.advance(4)
    assert error_of(poll(shop, request)) == "slow_down"
    clock.advance(9)
    assert error_of(poll(shop, request)) == "slow_down"
    clock.advance(15)
    assert error_of(poll(shop, request)) == "authorization_pending"


def test_wrong_digits_give_no_tokens(shop: Application, phone: AppDevice, clock: VirtualClock):
    request = begun(shop)
    wrong = f"{(int(request['digits']) + 1) % 100:02}"
    assert not phone.answer(phone.waiting()[0], "approve", wrong)["accepted"]
    assert error_of(poll(shop, request)) == "authorization_pending"


def test_a_device_that_is_blocked_after_its_answer_gives_no_tokens(
    shop: Application, phone: AppDevice, validator: Validator
):
    request = begun(shop)
    phone.answer(phone.waiting()[0], "approve", request["digits"])
    validator.block(phone.device, actor="test")
    assert error_of(poll(shop, request)) == "access_denied"


@pytest.mark.parametrize("later", [0, 300])
def test_what_was_declined_by_a_user_who_was_deleted_is_over_without_an_approval(
    shop: Application, phone: AppDevice, validator: Validator, clock: VirtualClock, later: int
):
    request = begun(shop)
    phone.answer(phone.waiting()[0], "decline")
    validator.delete_user("anna.holm", actor="test")
    clock.advance(later)
    assert error_of(poll(shop, request)) == ("expired_token" if later else "access_denied")
    assert error_of(poll(shop, request)) == "invalid_grant"


def test_after_a_report_the_application_is_told_what_it_is_told_of_nobody(
    shop: Application, phone: AppDevice, clock: VirtualClock
):
    request = begun(shop)
    phone.answer(phone.waiting()[0], "report")
    assert error_of(poll(shop, request)) == "access_denied"
    after, of_nobody = begun(shop), begun(shop, login_hint="nobody.here")
    assert phone.waiting() == []
    for seconds, error in ((5, "authorization_pending"), (300, "expired_token")):
        clock.advance(seconds)
        assert {error_of(poll(shop, one)) for one in (after, of_nobody)} == {error}


def test_an_outcome_is_for_who_has_asked_alone(
    shop: Application, phone: AppDevice, client: TestClient, clock: VirtualClock
):
    request = begun(shop)
    phone.answer(phone.waiting()[0], "approve", request["digits"])
    bank = Application(client, "bank", "other")
    assert error_of(poll(bank, request)) == "invalid_grant"
    assert error_of(poll(Application(client, "shop", "wrong"), request)) == "invalid_client"
    assert error_of(poll(shop, {"auth_req_id": "x"})) == "invalid_grant"
    assert "id_token" in poll(shop, request).json()


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"scope": None}, "invalid_scope"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"login_hint": None}, "invalid_request"),
        ({"login_hint": 65 * "a"}, "invalid_request"),
        ({"id_token_hint": "x"}, "invalid_request"),
        ({"login_hint_token": "x"}, "invalid_request"),
        ({"user_code": "x"}, "invalid_request"),
        ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),
        ({"request_uri": "https://shop.example/request"}, "request_uri_not_supported"),
        ({"binding_message": 201 * "a"}, "invalid_binding_message"),
        ({"binding_message": "a\u3164b"}, "invalid_binding_message"),
        ({"binding_message": "a\nb"}, "invalid_request"),
        ({"acr_values": "urn:kodebrik:acr:otp"}, "unmet_authentication_requirements"),
    ],
)
def test_a_request_that_is_not_right_asks_nobody(
    shop: Application, phone: AppDevice, changed: dict, error: str
):
    assert error_of(ask(shop, **changed)) == error
    assert phone.waiting() == []


def test_only_registered_applications_with_their_secret_may_ask(
    client: TestClient, phone: AppDevice
):
    assert error_of(ask(Application(client, "bank", "other"))) == "unauthorized_client"
    assert error_of(ask(Application(client, "shop", "wrong"))) == "invalid_client"
    assert error_of(ask(Application(client, "device", ""))) == "invalid_client"
    sent = {"client_id": "shop", "client_secret": SECRET, "scope": "openid", "login_hint": "anna"}
    assert error_of(client.post("/openid/backchannel", data=sent)) == "invalid_client"
    assert phone.waiting() == []


def test_a_user_is_not_asked_without_end(shop: Application):
    for _ in range(3):
        begun(shop)
    answer = ask(shop)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0


@settings_of_hypothesis(
    max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(login_hint=texts, binding_message=texts, scope=texts | st.just("openid"), acr_values=texts)
def test_whatever_is_asked_is_no_fault_of_the_server(shop: Application, **changed: str):
    answer = ask(shop, **changed)
    assert answer.status_code in (200, 400, 429), answer.text


def test_it_is_announced(client: TestClient):
    told = client.get("/.well-known/openid-configuration").json()
    assert told["backchannel_authentication_endpoint"] == ISSUER + "/openid/backchannel"
    assert told["backchannel_token_delivery_modes_supported"] == ["poll"]
    assert GRANT in told["grant_types_supported"]
