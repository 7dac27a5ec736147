"""Attacks on OpenID Connect, by RFC 9700 (Best Current Practice for OAuth 2.0 Security)."""

import base64
import hmac
import json
import logging
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from urllib.parse import quote, urlencode, urlsplit

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from host_tools.secret import Secret
from host_tools.validator.records import OpenIdRequest
from host_tools.validator.service import Validator
from tests.support.validator.alteration import openid_session
from tests.support.validator.application import Tokens
from tests.support.validator.clock import VirtualClock
from tests.support.validator.openid import (
    BACK,
    ISSUER,
    SECRET,
    Application,
    challenge_of,
    query_of,
)
from tests.support.validator.site import HTML, csrf

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def code(shop: Application, tokens: Tokens) -> str:
    """A code of anna.holm for the shop, in whose browser her session is open."""
    answer = shop.sign_in("anna.holm", tokens.code("K1"))
    return query_of(answer.headers["location"])["code"]


def refused(answer, status: int = 400, error: str = "invalid_grant") -> None:
    assert (answer.status_code, answer.json()["error"]) == (status, error), answer.text
    assert "access_token" not in answer.text


# Section 4.1: redirect addresses


@pytest.mark.parametrize(
    "address",
    [
        *(BACK + "/", BACK + "x", BACK + "/../back", BACK + "?x=y", BACK + "#", BACK + "%2e"),
        *(BACK.replace("https", "http"), BACK.replace("https", "HTTPS"), BACK.upper()),
        *("https://shop.example.org:443/back", "https://shop.example.org:8443/back"),
        *("https://shop.example.org.evil.example/back", "https://evil.example/back"),
        *("https://shop.example.org@evil.example/back", "https://evil.example/?" + BACK),
        *("https://evil.example\\@shop.example.org/back", "https://shop.example.org/b%61ck"),
        *("//shop.example.org/back", "/back", "javascript:alert(1)", "data:text/html,x", ""),
        *("https://bank.example.org/back", BACK + "\n", " " + BACK, BACK + "\0", "https://*/"),
        *("https://SHOP.example.org/back", "https://shop.example.org./back"),
        *("https://shop.ex\u0430mple.org/back", '"><script>alert(1)</script>'),
    ],
)
def test_no_address_but_a_registered_one_is_redirected_to(shop: Application, address: str):
    for changed in ({}, {"prompt": "none"}, {"scope": "nonsense"}, {"response_type": "token"}):
        answer = shop.ask(redirect_uri=address, **changed)
        assert answer.status_code == 400
        assert "location" not in answer.headers
        assert "evil" not in answer.text
        assert "<script>alert" not in answer.text


def test_an_address_of_a_public_client_is_compared_with_its_port(device: Application):
    for address in ("http://127.0.0.1:9998/back", "http://localhost:9999/back"):
        assert device.ask(redirect_uri=address).status_code == 400


@pytest.mark.parametrize("client_id", ["nobody", "SHOP", "shop ", "", "shop\0", "../shop"])
def test_an_unknown_application_is_redirected_nowhere(shop: Application, client_id: str):
    answer = shop.ask(client_id=client_id)
    assert answer.status_code == 400
    assert "location" not in answer.headers


def test_no_request_but_a_right_one_is_answered(shop: Application):
    """Errors go to the registered address, with state and issuer, and never with a code."""
    wrong: list[tuple[dict[str, str | None], str]] = [
        ({"response_type": None}, "unsupported_response_type"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_type": "æ"}, "unsupported_response_type"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"response_mode": "form_post"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "create"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "1e3"}, "invalid_request"),
        ({"max_age": "\u0661"}, "invalid_request"),
        ({"max_age": ""}, "invalid_request"),
        ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),
        ({"request_uri": "https://evil.example/"}, "request_uri_not_supported"),
        ({"registration": "{}"}, "registration_not_supported"),
    ]
    for changed, error in wrong:
        answer = shop.ask(**changed)
        assert answer.status_code == 303, changed
        assert answer.headers["location"].startswith(BACK + "?"), changed
        back = query_of(answer.headers["location"])
        assert (back["error"], back["state"], back["iss"]) == (error, "the state", ISSUER), changed
        assert "code" not in back


# Section 4.4: mix-up


def test_every_authorization_response_names_the_issuer(
    shop: Application, client: TestClient, tokens: Tokens
):
    told = client.get("/.well-known/openid-configuration", headers={"Host": "evil.example"}).json()
    assert told["issuer"] == ISSUER
    assert told["authorization_response_iss_parameter_supported"] is True
    assert all(
        value.startswith(ISSUER + "/")
        for name, value in told.items()
        if name.endswith(("_endpoint", "_uri"))
    )
    success = shop.sign_in("anna.holm", tokens.code("K1")).headers["location"]
    failure = shop.ask(scope="x").headers["location"]
    assert query_of(success)["iss"] == query_of(failure)["iss"] == ISSUER


# Section 4.5 and 4.14: codes that are injected, replayed or leaked


def test_a_code_is_redeemed_once_and_a_second_time_revokes_what_was_given(
    shop: Application, code: str, validator: Validator
):
    access = shop.redeem(code).json()["access_token"]
    assert shop.info(access).status_code == 200
    refused(shop.redeem(code))
    answer = shop.info(access)
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert validator.audit(serial="").items[0].action == "openid_code_again"
    assert validator.verify_audit().broken == ()


def test_a_code_expires_after_a_minute(shop: Application, code: str, clock: VirtualClock):
    clock.advance(60)
    refused(shop.redeem(code))


def test_an_access_token_expires_after_ten_minutes(
    shop: Application, code: str, clock: VirtualClock
):
    access = shop.redeem(code).json()["access_token"]
    clock.advance(599)
    assert shop.info(access).status_code == 200
    clock.advance(1)
    assert shop.info(access).status_code == 401


def test_a_code_is_for_its_application_alone(
    shop: Application, client: TestClient, code: str, validator: Validator
):
    bank = Application(client, "bank", "other", "https://bank.example.org/back")
    bank.verifier = shop.verifier
    refused(bank.redeem(code, redirect_uri=BACK))
    device = Application(client, "device", None, BACK)
    device.verifier = shop.verifier
    refused(device.redeem(code))
    assert shop.redeem(code).status_code == 200  # nobody else has used it up


def test_a_code_is_for_its_address_alone(shop: Application, code: str):
    refused(shop.redeem(code, redirect_uri=BACK + "?from=codes"))
    refused(shop.redeem(code, redirect_uri=None))
    assert shop.redeem(code).status_code == 200


@pytest.mark.parametrize(
    "secret", ["", "wrong", SECRET + " ", SECRET.upper(), sha256(SECRET.encode()).hexdigest()]
)
def test_an_application_with_a_secret_must_know_it(shop: Application, code: str, secret: str):
    shop.secret = secret
    refused(shop.redeem(code), 401, "invalid_client")


def test_an_application_with_a_secret_cannot_leave_it_out(shop: Application, code: str):
    for given in ({}, {"client_secret": SECRET}):  # client_secret_post is not among its methods
        anybody = Application(shop.client, "shop", None)
        anybody.verifier = shop.verifier
        answer = anybody.redeem(code, **given)
        refused(answer, 401, "invalid_client")
        said = answer.json()["error_description"]
        assert said.endswith("with methods: client_secret_basic, private_key_jwt, none")
    assert shop.redeem(code).status_code == 200


@pytest.mark.parametrize("grant", ["password", "client_credentials", "refresh_token", "", None])
def test_tokens_are_given_for_codes_alone(shop: Application, code: str, grant: str | None):
    error = "unsupported_grant_type" if grant else "invalid_request"  # RFC 6749, section 5.2
    refused(shop.redeem(code, grant_type=grant), 400, error)
    stranger = Application(shop.client, "shop", "no secret of the shop")
    refused(stranger.redeem(code, grant_type=grant), 401, "invalid_client")


def test_one_code_redeemed_fifty_times_at_once_gives_tokens_once(
    validator: Validator, clock: VirtualClock, shop: Application
):
    asked = OpenIdRequest("shop", "shop", BACK, "openid", None, challenge_of(shop.verifier))
    _, session = openid_session(validator, "anna.holm", "K1")
    for _ in range(3):
        code = validator.openid.issue_code(session, asked, "otp").reveal().decode()
        with ThreadPoolExecutor(50) as threads:
            answers = list(threads.map(lambda _, code=code: shop.redeem(code), range(50)))
        statuses = sorted(answer.status_code for answer in answers)
        assert statuses == [200] + 49 * [400]


# Section 2.1.1 and 4.8: PKCE, and its downgrade


@pytest.mark.parametrize(
    "changed",
    [
        {"code_challenge": None},
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": "s256"},
        {"code_challenge_method": "S512"},
        {"code_challenge": "short"},
        {"code_challenge": 43 * "æ"},
        {"code_challenge": 129 * "a"},
    ],
)
def test_no_code_without_a_challenge_of_sha256(shop: Application, changed):
    for client_id, address in (("shop", BACK), ("device", "http://127.0.0.1:9999/back")):
        answer = shop.ask(client_id=client_id, redirect_uri=address, **changed)
        assert query_of(answer.headers["location"])["error"] == "invalid_request"


def test_no_tokens_without_the_verifier(shop: Application, code: str):
    other = Application(shop.client).verifier
    refused(shop.redeem(code, code_verifier=None), 400, "invalid_request")
    refused(shop.redeem(code, code_verifier=""), 400, "invalid_request")
    refused(shop.redeem(code, code_verifier="short"), 400, "invalid_request")
    refused(shop.redeem(code, code_verifier=other))
    refused(shop.redeem(code, code_verifier=challenge_of(shop.verifier)))  # as "plain" would be
    assert shop.redeem(code).status_code == 200


# ID tokens: audience, algorithm, key


def test_an_id_token_names_its_application_as_the_only_audience(
    shop: Application, client: TestClient, code: str
):
    id_token = shop.redeem(code).json()["id_token"]
    claims = jwt.decode(
        id_token, KeySet.import_key_set(client.get("/openid/keys").json()), ["ES256"]
    ).claims
    assert claims["aud"] == "shop"
    assert "azp" not in claims


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _unsigned(claims: dict, keys: dict) -> str:
    return f"{_part({'alg': 'none'})}.{_part(claims)}."


def _published(keys: dict, algorithm: str) -> dict:
    (found,) = (key for key in keys["keys"] if key["alg"] == algorithm)
    return found


def _with_public_key_as_secret(claims: dict, keys: dict, algorithm: str = "ES256") -> str:
    published = _published(keys, algorithm)
    (key,) = KeySet.import_key_set({"keys": [published]})
    public = key.as_pem(private=False)
    header = {"alg": "HS256", "kid": published["kid"]}
    signed = f"{_part(header)}.{_part(claims)}"
    mac = hmac.digest(public, signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def _with_public_rsa_key_as_secret(claims: dict, keys: dict) -> str:
    return _with_public_key_as_secret(claims, keys, "RS256")


def _with_rsa_key_by_the_name_of_another(claims: dict, keys: dict) -> str:
    header = {"alg": "RS256", "kid": _published(keys, "ES256")["kid"]}
    return jwt.encode(header, claims, RSAKey.generate_key(2048), ["RS256"])


def _with_other_key(claims: dict, keys: dict) -> str:
    header = {"alg": "ES256", "kid": _published(keys, "ES256")["kid"]}
    return jwt.encode(header, claims, ECKey.generate_key("P-256"), ["ES256"])


def _with_key_inside(claims: dict, keys: dict) -> str:
    own = ECKey.generate_key("P-256")
    header = {"alg": "ES256", "jwk": own.as_dict(private=False)}
    return jwt.encode(header, claims, own, ["ES256"])


@pytest.mark.parametrize(
    "forge",
    [
        _unsigned,
        _with_public_key_as_secret,
        _with_public_rsa_key_as_secret,
        _with_rsa_key_by_the_name_of_another,
        _with_other_key,
        _with_key_inside,
    ],
)
def test_a_forged_id_token_is_no_hint(
    shop: Application,
    client: TestClient,
    code: str,
    forge: Callable[[dict, dict], str],
):
    id_token = shop.redeem(code).json()["id_token"]
    keys = client.get("/openid/keys").json()
    claims = dict(jwt.decode(id_token, KeySet.import_key_set(keys), ["ES256"]).claims)
    forged = forge(claims, keys)
    answer = shop.ask(id_token_hint=forged, prompt="none")
    assert query_of(answer.headers["location"])["error"] == "login_required"
    ended = client.get("/openid/logout", params={"id_token_hint": forged})
    assert ended.status_code == 200
    assert 'name="csrf"' in ended.text  # the user is asked
    genuine = shop.ask(id_token_hint=id_token, prompt="none")
    assert "code" in query_of(genuine.headers["location"])


def test_what_is_no_access_token_tells_nothing(shop: Application, code: str):
    body = shop.redeem(code).json()
    for token in (body["id_token"], code, "", "x", 300 * "a", body["access_token"][:-1]):
        answer = shop.info(token)
        assert (answer.status_code, answer.json()) == (401, {})
        assert answer.headers["www-authenticate"].startswith("Bearer")


# Section 4.2: referrers and histories; 4.12: 307; 4.16: clickjacking; 4.7: CSRF


def test_pages_are_not_framed_cached_or_told_of_and_forms_go_to_the_application_alone(
    shop: Application, tokens: Tokens
):
    pages = [shop.ask(), shop.sign_in("anna.holm", "000000")]
    for page in pages:
        policy = page.headers["content-security-policy"].split("; ")
        assert "frame-ancestors 'none'" in policy
        assert "form-action 'self' https://shop.example.org" in policy
        assert page.headers.get_list("content-security-policy") == [
            page.headers["content-security-policy"]
        ]
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["cache-control"] == "no-store"
        assert not re.findall(r'(?:src|href)="https?:', page.text)
    plain = shop.client.get("/activate").headers["content-security-policy"]
    assert "form-action 'self';" in plain
    answer = shop.sign_in("anna.holm", tokens.code("K1"))
    assert answer.status_code == 303
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.text == ""


def test_every_redirect_is_303(shop: Application, client: TestClient, tokens: Tokens):
    query = urlencode(shop.request())
    form = {"csrf": csrf(shop.ask().text), "user_id": "anna.holm"}
    answers = [
        client.post(f"/openid/sign-in?{query}", data=form),
        client.post("/openid/authorize", data=shop.request()),
        client.post("/openid/logout", data={"state": "x"}),
        shop.sign_in("anna.holm", tokens.code("K1")),
        shop.ask(),
        shop.ask(scope="x"),
        shop.ask(prompt="none", max_age="0"),
    ]
    assert {answer.status_code for answer in answers} == {303}


def test_a_form_from_elsewhere_signs_nobody_in(
    shop: Application, client: TestClient, tokens: Tokens, validator: Validator
):
    """Login CSRF: an attacker's form, or one of another browser, is refused."""
    query = urlencode(shop.request())
    with TestClient(client.app, base_url=ISSUER, follow_redirects=False) as other:
        foreign = csrf(Application(other).ask().text)
    shop.ask()
    for forged in ("", "guess", foreign):
        form = {"csrf": forged, "user_id": "anna.holm"}
        assert client.post(f"/openid/sign-in?{query}", data=form).status_code == 403
    form = {"csrf": csrf(shop.ask().text), "user_id": "anna.holm"}
    client.post(f"/openid/sign-in?{query}", data=form)
    for forged in ("", foreign, form["csrf"]):  # the sign-in has an id of its own
        sent = {"csrf": forged, "code": tokens.code("K1")}
        assert client.post(f"/openid/sign-in/code?{query}", data=sent).status_code == 403
    assert validator.token("K1").last_accepted_at is None


def test_the_session_has_a_fresh_id_after_the_code(
    shop: Application, client: TestClient, tokens: Tokens
):
    ids = []
    shop.ask()
    ids.append(client.cookies["__Host-openid"])
    answer = shop.sign_in("anna.holm", tokens.code("K1"))
    ids.append(client.cookies["__Host-openid"])
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert len(set(ids)) == 2
    client.cookies.clear()
    client.cookies.set("__Host-openid", ids[0])  # planted before: worth nothing
    assert shop.ask().status_code == 200


def test_an_address_or_name_that_was_altered_between_the_pages_is_refused(
    shop: Application, client: TestClient, tokens: Tokens
):
    query = urlencode(shop.request())
    form = {"csrf": csrf(shop.ask().text), "user_id": "anna.holm"}
    page = client.get(client.post(f"/openid/sign-in?{query}", data=form).headers["location"])
    altered = query.replace(quote(BACK, safe=""), quote("https://evil.example/back", safe=""))
    assert altered != query
    form = {"csrf": csrf(page.text), "code": tokens.code("K1")}
    answer = client.post(f"/openid/sign-in/code?{altered}", data=form)
    assert answer.status_code == 400
    assert "location" not in answer.headers


def test_every_route_refuses_a_name_that_stands_twice(app: FastAPI, client: TestClient):
    routes = [
        (method, route.path)
        for route in app.routes
        if isinstance(route, APIRoute) and "openid" in route.path
        for method in route.methods
    ]
    assert len(routes) == 18
    for method, path in routes:
        answer = client.request(method, path, params=[("state", "1"), ("state", "2")])
        assert answer.status_code == 422, (method, path)
    for path in ("/openid/token", "/openid/authorize", "/openid/sign-in"):
        sent = client.post(path, content="code=1&code=2&csrf=a&csrf=b", headers=FORM)
        assert sent.status_code == 422


def test_errors_are_pages_for_people_and_json_for_programs(shop: Application, client: TestClient):
    page = client.get(
        "/openid/authorize",
        params=shop.request(client_id="x"),
        headers=HTML | {"Accept-Language": "da"},
    )
    assert "Ingen er logget på" in page.text
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert client.post("/openid/token").json()["error"] == "invalid_client"


def test_without_the_section_there_is_no_provider(validator: Validator):
    from host_tools.validator.http.settings import Settings  # noqa: PLC0415
    from host_tools.validator.server.application import create_app  # noqa: PLC0415

    with TestClient(create_app(validator, Settings())) as plain:
        for path in ("/.well-known/openid-configuration", "/openid/keys", "/openid/authorize"):
            assert plain.get(path).status_code == 404


def test_secrets_are_printed_and_logged_nowhere(
    shop: Application, validator: Validator, code: str, caplog: pytest.LogCaptureFixture
):
    with caplog.at_level(logging.DEBUG):
        granted = validator.openid.grant(Secret(code.encode()), "shop")
        body = shop.redeem(code).json()
    assert granted is not None
    said = repr(granted) + repr(validator.openid.published_keys()) + caplog.text
    assert "httpx" in said  # what is logged, is there
    for secret in (code, body["access_token"], body["id_token"], SECRET, "PRIVATE"):
        assert secret not in said


def test_the_page_shows_what_is_registered_and_no_text_of_the_request(shop: Application):
    page = shop.ask(login_hint='"><b>evil', state="<b>evil", nonce="<b>evil").text
    assert "Butikken på hjørnet" in page
    assert "<b>evil" not in page
    assert urlsplit(BACK).hostname not in re.sub(r'"[^"]*"', "", page)
