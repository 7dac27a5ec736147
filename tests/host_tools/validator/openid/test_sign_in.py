"""Signing in to an application: what it asks for is what it gets."""

import re
from urllib.parse import urlencode

import pytest
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import KeySet

from host_tools.secret import Secret
from host_tools.validator.records import Product
from host_tools.validator.service import Validator
from tests.support.ocra import peer
from tests.support.validator.application import Tokens, new_token
from tests.support.validator.clock import VirtualClock
from tests.support.validator.openid import BACK, ISSUER, LEFT, Application, query_of
from tests.support.validator.site import csrf

OTP, OTP_PIN = "urn:kodebrik:acr:otp", "urn:kodebrik:acr:otp-pin"
PIN = "4711"


def claims_of(client: TestClient, id_token: str) -> dict:
    keys = KeySet.import_key_set(client.get("/openid/keys").json())
    return jwt.decode(id_token, keys, ["ES256"]).claims


def sign_in(application: Application, tokens: Tokens, **changed: str) -> dict:
    """Sign anna.holm in, and give the tokens that the application gets."""
    answer = application.sign_in("anna.holm", tokens.code("K1"), **changed)
    return application.redeem(query_of(answer.headers["location"])["code"]).json()


def asked_again(application: Application, **changed: str) -> str:
    """Say what a further request gets: "page", "code", or an error."""
    answer = application.ask(**changed)
    if answer.status_code == 200:
        return "page"
    assert answer.status_code == 303
    back = query_of(answer.headers["location"])
    assert (back["state"], back["iss"]) == ("the state", ISSUER)
    return "code" if "code" in back else back["error"]


def test_a_code_of_the_token_signs_in_to_the_application(
    shop: Application, client: TestClient, tokens: Tokens, clock: VirtualClock
):
    answer = shop.sign_in("anna.holm", tokens.code("K1"))
    assert answer.status_code == 303
    location = answer.headers["location"]
    assert location.startswith(BACK + "?")
    back = query_of(location)
    assert (back["state"], back["iss"]) == ("the state", ISSUER)
    given = shop.redeem(back["code"])
    assert given.status_code == 200
    assert given.headers["cache-control"] == "no-store"
    body = given.json()
    assert (body["token_type"], body["scope"]) == ("Bearer", "openid profile")
    claims = claims_of(client, body["id_token"])
    assert claims["iss"] == ISSUER
    assert claims["aud"] == "shop"
    assert claims["nonce"] == "the nonce"
    assert claims["auth_time"] == int(clock.now)
    assert claims["exp"] - claims["iat"] == 600
    assert (claims["acr"], claims["amr"]) == (OTP, ["otp"])
    info = shop.info(body["access_token"]).json()
    assert info == {"sub": claims["sub"], "preferred_username": "anna.holm"}
    assert "anna" not in claims["sub"]


def test_a_program_on_its_users_device_needs_no_secret_and_is_not_told_the_user_id(
    device: Application, tokens: Tokens
):
    body = sign_in(device, tokens)
    assert body["scope"] == "openid"
    assert set(device.info(body["access_token"]).json()) == {"sub"}


def test_two_applications_know_a_user_by_identifiers_of_their_own(
    shop: Application, device: Application, client: TestClient, tokens: Tokens
):
    first = claims_of(client, sign_in(shop, tokens)["id_token"])["sub"]
    again = query_of(shop.ask().headers["location"])["code"]
    assert claims_of(client, shop.redeem(again).json()["id_token"])["sub"] == first
    other = query_of(device.ask().headers["location"])["code"]
    assert claims_of(client, device.redeem(other).json()["id_token"])["sub"] != first


def test_a_user_id_that_is_given_to_somebody_else_is_another_subject(
    shop: Application, client: TestClient, tokens: Tokens, validator: Validator
):
    first = claims_of(client, sign_in(shop, tokens)["id_token"])["sub"]
    validator.delete_user("anna.holm", actor="test")
    assert asked_again(shop) == "page"
    validator.assign("K2", "anna.holm", actor="test")
    validator.activate_by_administrator("K2", actor="test")
    answer = shop.sign_in("anna.holm", tokens.code("K2"))
    later = shop.redeem(query_of(answer.headers["location"])["code"]).json()["id_token"]
    assert claims_of(client, later)["sub"] != first


def test_a_token_of_this_project_and_a_pin_are_told(
    shop: Application, client: TestClient, tokens: Tokens, validator: Validator
):
    made = new_token(tokens, "K9")
    validator.import_tokens(
        [type(made)(**{**_fields(made), "product": Product.KODEVISER})], actor="test"
    )
    validator.assign("K9", "dorte.vig", actor="test")
    validator.activate_by_administrator("K9", actor="test")
    validator.set_pin("dorte.vig", Secret(PIN.encode()), actor="test")
    answer = shop.sign_in("dorte.vig", tokens.code("K9"), PIN)
    body = shop.redeem(query_of(answer.headers["location"])["code"]).json()
    claims = claims_of(client, body["id_token"])
    assert (claims["acr"], claims["amr"]) == (OTP_PIN, ["otp", "hwk", "pin"])


def test_the_pin_of_a_challenge_response_tokens_suite_is_told(
    shop: Application, client: TestClient, tokens: Tokens, validator: Validator
):
    suite = "OCRA-1:HOTP-SHA1-6:QN08-PSHA1"
    validator.import_tokens([new_token(tokens, "K9", suite)], actor="test")
    validator.assign("K9", "dorte.vig", actor="test")
    validator.activate_by_administrator("K9", actor="test")
    validator.set_pin("dorte.vig", Secret(PIN.encode()), actor="test")
    query = urlencode(shop.request())
    form = {"csrf": csrf(shop.ask().text), "user_id": "dorte.vig"}
    begun = client.post(f"/openid/sign-in?{query}", data=form)
    page = client.get(begun.headers["location"]).text
    number = re.search(r"\b(\d{4})\s?(\d{4})\b", page)
    assert number, page
    response = peer(tokens.secrets["K9"].reveal(), suite, "".join(number.groups()), pin=PIN)
    form = {"csrf": csrf(page), "code": response, "pin": PIN}
    answer = client.post(f"/openid/sign-in/code?{query}", data=form)
    body = shop.redeem(query_of(answer.headers["location"])["code"]).json()
    claims = claims_of(client, body["id_token"])
    assert (claims["acr"], claims["amr"]) == (OTP_PIN, ["otp", "pin"])


def _fields(token) -> dict:
    return {name: getattr(token, name) for name in type(token).__slots__}


def test_a_pin_that_nobody_asked_for_is_no_pin(
    shop: Application, client: TestClient, tokens: Tokens
):
    answer = shop.sign_in("anna.holm", tokens.code("K1"), PIN)
    body = shop.redeem(query_of(answer.headers["location"])["code"]).json()
    assert claims_of(client, body["id_token"])["amr"] == ["otp"]


def test_a_session_signs_in_without_another_code_until_it_ends(
    shop: Application, client: TestClient, tokens: Tokens, clock: VirtualClock
):
    began = int(clock.now)
    sign_in(shop, tokens)
    clock.advance(29 * 60)
    code = query_of(shop.ask().headers["location"])["code"]
    claims = claims_of(client, shop.redeem(code).json()["id_token"])
    assert (claims["auth_time"], claims["iat"]) == (began, int(clock.now))
    assert asked_again(shop, prompt="none") == "code"
    clock.advance(60)
    assert asked_again(shop) == "page"
    assert asked_again(shop, prompt="none") == "login_required"


def test_what_asks_for_a_new_sign_in_gets_one(
    shop: Application, tokens: Tokens, clock: VirtualClock
):
    assert asked_again(shop, prompt="none") == "login_required"
    sign_in(shop, tokens)
    clock.advance(100)
    assert asked_again(shop, max_age="100") == "code"
    assert asked_again(shop, max_age="99") == "page"
    assert asked_again(shop, max_age="99", prompt="none") == "login_required"
    for prompt in ("login", "consent", "select_account", "login consent"):
        assert asked_again(shop, prompt=prompt) == "page"
    again = shop.sign_in("anna.holm", tokens.code("K1"), prompt="login")
    assert "code" in query_of(again.headers["location"])


def test_a_class_that_the_sign_in_does_not_reach_gets_no_code(
    shop: Application, client: TestClient, tokens: Tokens, validator: Validator, clock: VirtualClock
):
    answer = shop.sign_in("anna.holm", tokens.code("K1"), acr_values=OTP_PIN)
    back = query_of(answer.headers["location"])
    assert back["error"] == "unmet_authentication_requirements"
    assert asked_again(shop, acr_values=f"urn:other {OTP}") == "code"
    assert asked_again(shop, acr_values=OTP_PIN) == "page"
    assert asked_again(shop, acr_values=OTP_PIN, prompt="none") == "login_required"
    validator.set_pin("anna.holm", Secret(PIN.encode()), actor="test")
    clock.advance(30)
    asked = {"acr_values": f"{OTP} {OTP_PIN}", "prompt": "login"}
    answer = shop.sign_in("anna.holm", tokens.code("K1"), PIN, **asked)
    body = shop.redeem(query_of(answer.headers["location"])["code"]).json()
    assert claims_of(client, body["id_token"])["acr"] == OTP  # the one that is wanted most


def test_a_hint_of_somebody_else_is_no_sign_in(
    shop: Application, tokens: Tokens, validator: Validator, clock: VirtualClock
):
    hint = sign_in(shop, tokens)["id_token"]
    assert asked_again(shop, id_token_hint=hint) == "code"
    assert asked_again(shop, id_token_hint="nonsense", prompt="none") == "login_required"
    validator.assign("K2", "dorte.vig", actor="test")
    validator.activate_by_administrator("K2", actor="test")
    answer = shop.sign_in("dorte.vig", tokens.code("K2"), prompt="login", id_token_hint=hint)
    assert query_of(answer.headers["location"])["error"] == "login_required"


@pytest.mark.parametrize("act", ["block", "unassign", "delete"])
def test_a_session_and_an_access_token_end_with_the_token(
    shop: Application, tokens: Tokens, validator: Validator, act: str
):
    access = sign_in(shop, tokens)["access_token"]
    waiting = query_of(shop.ask().headers["location"])["code"]
    getattr(validator, act)("K1", actor="test")
    assert asked_again(shop) == "page"
    assert shop.info(access).status_code == 401
    if act == "block":
        validator.unblock("K1", actor="test")
    elif act == "unassign":
        validator.assign("K1", "anna.holm", actor="test")
        validator.activate_by_administrator("K1", actor="test")
    assert asked_again(shop) == "page", "it has ended for good"
    assert shop.info(access).status_code == 401
    assert shop.redeem(waiting).json()["error"] == "invalid_grant"
    assert validator.verify_audit().broken == ()


def test_refusals_look_alike_lock_and_are_audited_as_elsewhere(
    shop: Application, tokens: Tokens, validator: Validator
):
    pages = []
    for user_id in ("anna.holm", "nobody.here"):
        answer = shop.sign_in(user_id, "000000")
        assert answer.status_code == 422
        assert "Butikken på hjørnet" in answer.text
        pages.append(len(answer.text))
    assert pages[0] == pages[1]
    for _ in range(2):
        shop.sign_in("anna.holm", "000000")
    assert shop.sign_in("anna.holm", tokens.code("K1")).status_code == 422  # locked out
    entry = validator.audit(serial="K1").items[0]
    assert (entry.actor, entry.action) == ("openid shop", "check")
    assert entry.detail["reason"] == "locked_out"


def test_cancelling_goes_back_without_a_code(shop: Application, client: TestClient):
    query = urlencode(shop.request())
    form = {"csrf": csrf(shop.ask().text), "choice": "cancel"}
    back = query_of(client.post(f"/openid/sign-in?{query}", data=form).headers["location"])
    assert (back["error"], back["state"], back["iss"]) == ("access_denied", "the state", ISSUER)
    form = {"csrf": csrf(shop.ask().text), "user_id": "anna.holm"}
    page = client.get(client.post(f"/openid/sign-in?{query}", data=form).headers["location"])
    form = {"csrf": csrf(page.text), "choice": "cancel"}
    back = query_of(client.post(f"/openid/sign-in/code?{query}", data=form).headers["location"])
    assert back["error"] == "access_denied"
    assert client.get(f"/openid/sign-in/code?{query}").status_code == 303  # nothing is begun


def test_a_request_may_come_as_a_form(shop: Application, client: TestClient):
    answer = client.post("/openid/authorize", data=shop.request())
    assert answer.status_code == 303
    assert "Butikken på hjørnet" in client.get(answer.headers["location"]).text


def test_signing_out(shop: Application, client: TestClient, tokens: Tokens, clock: VirtualClock):
    body = sign_in(shop, tokens)
    ended = {"id_token_hint": body["id_token"], "post_logout_redirect_uri": LEFT, "state": "x"}
    clock.advance(1000)  # the ID token has expired, which does not matter
    answer = client.get("/openid/logout", params=ended)
    assert (answer.status_code, answer.headers["location"]) == (303, LEFT + "?state=x")
    assert asked_again(shop) == "page"


@pytest.mark.parametrize("hint", [None, "nonsense", "of another application"])
def test_whoever_does_not_say_who_it_is_must_ask_to_sign_out(
    shop: Application, device: Application, client: TestClient, tokens: Tokens, hint: str | None
):
    sign_in(shop, tokens)
    asked = {"client_id": "shop", "post_logout_redirect_uri": LEFT}
    if hint == "of another application":
        code = query_of(device.ask().headers["location"])["code"]
        asked["id_token_hint"] = device.redeem(code).json()["id_token"]
    elif hint is not None:
        asked["id_token_hint"] = hint
    page = client.get("/openid/logout", params=asked)
    assert page.status_code == 200
    assert asked_again(shop) == "code"  # nothing has happened yet
    query = urlencode(asked)
    assert client.post(f"/openid/logout/confirmed?{query}").status_code == 403
    done = client.post(f"/openid/logout/confirmed?{query}", data={"csrf": csrf(page.text)})
    assert done.status_code == 200  # and not a redirect
    assert asked_again(shop) == "page"


@pytest.mark.parametrize(
    "address", ["https://evil.example/", LEFT + "x", LEFT.rstrip("/"), LEFT + "?a=b", BACK]
)
def test_signing_out_goes_to_no_address_that_is_not_registered(
    shop: Application, client: TestClient, tokens: Tokens, address: str
):
    body = sign_in(shop, tokens)
    ended = {"id_token_hint": body["id_token"], "post_logout_redirect_uri": address}
    answer = client.get("/openid/logout", params=ended)
    assert answer.status_code == 200
    assert "location" not in answer.headers
    assert asked_again(shop) == "page"
