"""Whatever comes as an authorization or token request: never a fault of the server, and never a
redirect to an address that is not registered."""

import base64
import json
from urllib.parse import urlencode

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from host_tools.validator.openid.settings import OpenId
from tests.support.validator.openid import BACK, CLIENTS, ISSUER, SECRET, Application, query_of

ADDRESSES = [
    address
    for client in CLIENTS.values()
    for name in ("redirect_uris", "post_logout_redirect_uris")
    for address in client.get(name, ())
]
NAMES = [
    *("response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "prompt", "max_age"),
    *("code_challenge", "code_challenge_method", "acr_values", "id_token_hint", "login_hint"),
    *("request", "request_uri", "response_mode", "claims", "ui_locales", "display", "code"),
    *("grant_type", "code_verifier", "client_secret", "post_logout_redirect_uri", "nonsense"),
]
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
# Values that are right, nearly right, or anything.
values = st.one_of(
    texts,
    st.sampled_from([*ADDRESSES, *CLIENTS, "code", "openid", "openid profile", "S256", "plain"]),
    st.sampled_from(["none", "login", "none login", "0", "-1", 12 * "9", "query", "fragment"]),
    st.sampled_from(["authorization_code", 43 * "a", 3000 * "a", "\0", "\ud7ff", "a\nb", "%00"]),
    st.tuples(st.sampled_from(ADDRESSES), texts).map("".join),
    st.tuples(texts, st.sampled_from(ADDRESSES)).map("".join),
)
changes = st.dictionaries(st.sampled_from(NAMES), values | st.none(), max_size=5)
headers = st.none() | st.sampled_from(
    ["Basic", "Basic !", "Basic w6Y=", "Basic gA==", "Basic c2hvcA==", "Bearer x", "Basic c2hvcDo="]
)
many = settings(
    max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


def is_registered(location: str) -> bool:
    before = location.partition("?")[0]
    return any(before == address.partition("?")[0] for address in ADDRESSES)


@many
@given(changed=changes)
def test_an_authorization_request(shop: Application, changed: dict[str, str | None]):
    answer = shop.ask(**changed)
    assert answer.status_code in (200, 303, 400), answer.text
    if answer.status_code == 303:
        location = answer.headers["location"]
        assert is_registered(location)
        back = query_of(location)
        assert back["iss"] == ISSUER
        assert "code" not in back  # nobody has signed in
        asked = shop.request(**changed)
        assert location.startswith(asked["redirect_uri"])
        assert back.get("state", "") == asked.get("state", "")


@many
@given(changed=changes)
def test_the_same_request_at_the_other_pages(
    shop: Application, client: TestClient, changed: dict[str, str | None]
):
    query = urlencode(shop.request(**changed))
    for path in ("/openid/sign-in/code", "/openid/logout"):
        answer = client.get(f"{path}?{query}")
        assert answer.status_code in (200, 303, 400), answer.text
        if answer.status_code == 303:
            location = answer.headers["location"]
            assert location.startswith("/openid/authorize?") or is_registered(location)


@many
@given(changed=changes, header=headers)
def test_a_token_request(
    shop: Application, client: TestClient, changed: dict[str, str | None], header: str | None
):
    form = {"grant_type": "authorization_code", "code": "x", "redirect_uri": BACK, **changed}
    sent = {name: value for name, value in form.items() if value is not None}
    more = {} if header is None else {"headers": {"Authorization": header}}
    answer = client.post("/openid/token", data=sent, **more)
    assert answer.status_code in (400, 401), answer.text
    assert answer.json()["error"].isascii()


@many
@given(changed=changes, header=headers)
def test_a_request_for_somebody_who_is_not_there(
    client: TestClient, changed: dict[str, str | None], header: str | None
):
    form = {"scope": "openid", "login_hint": "anna.holm", **changed}
    sent = {name: value for name, value in form.items() if value is not None}
    more = {"auth": ("shop", SECRET)} if header is None else {"headers": {"Authorization": header}}
    answer = client.post("/openid/backchannel", data=sent, **more)
    assert answer.status_code in (400, 401), answer.text  # the shop is not registered for it
    assert answer.json()["error"].isascii()


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["ES256", "RS256"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["alg", "kid", "crit", "typ", "b64"]), inner, max_size=4)
    ),
    max_leaves=6,
)
parts = st.one_of(
    json_values.map(lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).decode()),
    st.sampled_from(["", "AA", "e30", "=", "W1tb", "//", base64.b64encode(150 * b"[").decode()]),
)
tokens_of_nobody = st.lists(parts, min_size=1, max_size=5).map(".".join)


@many
@example(hint="WyJhbGciXQ.e30.AA")  # ["alg"]
@given(hint=tokens_of_nobody | tokens_of_nobody.map(lambda one: one.replace("=", "")))
def test_whatever_comes_as_an_id_token(shop: Application, client: TestClient, hint: str):
    answer = shop.ask(id_token_hint=hint, prompt="none")
    assert query_of(answer.headers["location"])["error"] == "login_required"
    ended = client.get("/openid/logout", params={"id_token_hint": hint})
    assert ended.status_code == 200
    assert shop.info(hint).status_code == 401


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"issuer": "http://codes.example.org"}, "an address like https"),
        ({"issuer": "https://codes.example.org/"}, "without a path"),
        ({"issuer": "https://codes.example.org/x"}, "without a path"),
        ({"issuer": "codes.example.org"}, "an address like https"),
        ({"clients": {}}, "at least 1"),
        ({"clients": {"a b": CLIENTS["bank"]}}, "pattern"),
    ],
)
def test_wrong_settings_are_named(changed: dict, said: str):
    right = {"issuer": ISSUER, "clients": CLIENTS}
    with pytest.raises(ValueError, match=said):
        OpenId.model_validate(right | changed)


@pytest.mark.parametrize(
    "address",
    [
        *("http://shop.example.org/back", "https://shop.example.org/back#x", "https:///back"),
        *("https://a:b@shop.example.org/", "https://a@shop.example.org/", "https://*/back"),
        *("https://*.example.org/back", "javascript:alert(1)", "com.example.app:/back", "/back"),
        *("https://shop.example.org:0/", "https://shop.example.org:99999/", "https://[::1/back"),
        *("https://shop.example.org/a b", "https://shop.example.org/a;b", "http://127.0.0.1.evil/"),
        *("https://shop.example.org/'", 'https://shop.example.org/"', "https://shop.ex\u0430mple/"),
        "https://shop.example.org/" + 1000 * "a",
    ],
)
def test_an_address_that_can_be_read_in_two_ways_is_not_registered(address: str):
    client = {**CLIENTS["bank"], "redirect_uris": [address]}
    with pytest.raises(ValueError, match="redirect_uris"):
        OpenId.model_validate({"issuer": ISSUER, "clients": {"bank": client}})
