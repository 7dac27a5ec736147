"""Applications that authenticate with a JWT of their own (private_key_jwt): each is for this server
alone, by the registered key, and taken once."""

import base64
import hmac
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey

from host_tools.validator.http.settings import Settings
from host_tools.validator.openid.settings import OpenId
from host_tools.validator.settings_section import FOLDER
from tests.support.validator.application import Tokens
from tests.support.validator.openid import BACK, CLIENTS, ISSUER, SECRET, Application, query_of

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
KEY = ECKey.generate_key("P-256")
OTHER = ECKey.generate_key("P-256")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "shop.pem").write_bytes(KEY.as_pem(private=False))
    shop = {name: value for name, value in CLIENTS["shop"].items() if name != "secret_sha256"}
    clients = {**CLIENTS, "shop": {**shop, "public_key_file": "shop.pem"}}
    openid = OpenId.model_validate(
        {"issuer": ISSUER, "clients": clients}, context={FOLDER: tmp_path}
    )
    return Settings(guesses_per_minute=600.0, openid=openid)


def claims(**changed: object) -> dict:
    """Give right claims, with changes: None leaves one out, and of `exp_in` the time is given by
    the seconds from now."""
    now = int(time.time())
    right = {"iss": "shop", "sub": "shop", "aud": ISSUER, "jti": str(time.perf_counter_ns())}
    given = right | {"iat": now, "exp": now + 60}
    for name, value in changed.items():
        given |= {name[:3]: now + value} if name.endswith("_in") else {name: value}
    return {name: value for name, value in given.items() if value is not None}


def signed(key: ECKey = KEY, **changed: object) -> str:
    return jwt.encode({"alg": "ES256"}, claims(**changed), key, ["ES256"])


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def redeem(shop: Application, assertion: str, code: str = "x", **more: str):
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": BACK,
        "code_verifier": shop.verifier,
        "client_assertion_type": TYPE,
        "client_assertion": assertion,
    }
    return shop.client.post("/openid/token", data=form | more)


def is_refused(answer) -> bool:
    assert answer.status_code in (400, 401), answer.text
    return answer.json()["error"] == "invalid_client"


def test_a_signed_jwt_redeems_a_code_and_is_taken_once(shop: Application, tokens: Tokens):
    answer = shop.sign_in("anna.holm", tokens.code("K1"))
    code = query_of(answer.headers["location"])["code"]
    assertion = signed()
    assert redeem(shop, assertion, code).status_code == 200
    assert is_refused(redeem(shop, assertion, code))
    assert redeem(shop, signed(aud=[ISSUER])).json()["error"] == "invalid_grant"  # let in


@pytest.mark.parametrize(
    "changed",
    [
        *({"aud": "https://evil.example"}, {"aud": [ISSUER, "https://evil.example"]}),
        *({"aud": ISSUER + "/openid/token"}, {"aud": ISSUER + "/"}, {"aud": None}, {"aud": 5}),
        *({"iss": "bank"}, {"iss": None}, {"sub": "bank"}, {"sub": None}, {"sub": 5}),
        *({"sub": "nobody", "iss": "nobody"}, {"jti": None}, {"jti": ""}, {"jti": 201 * "a"}),
        *({"jti": 5}, {"exp": None}, {"exp_in": -120}, {"exp": "soon"}),
        *({"exp_in": 86400}, {"nbf_in": 600}),
    ],
    ids=str,
)
def test_a_jwt_with_other_claims_is_refused(shop: Application, changed: dict):
    assert is_refused(redeem(shop, signed(**changed)))


def _unsigned() -> str:
    return f"{part({'alg': 'none'})}.{part(claims())}."


def _with_public_key_as_secret() -> str:
    head = f"{part({'alg': 'HS256'})}.{part(claims())}"
    mac = hmac.digest(KEY.as_pem(private=False), head.encode(), "sha256")
    return f"{head}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def _with_key_inside() -> str:
    header = {"alg": "ES256", "jwk": OTHER.as_dict(private=False)}
    return jwt.encode(header, claims(), OTHER, ["ES256"])


@pytest.mark.parametrize(
    "forge", [lambda: signed(OTHER), _unsigned, _with_public_key_as_secret, _with_key_inside]
)
def test_a_jwt_by_another_key_is_refused(shop: Application, forge: Callable[[], str]):
    assert is_refused(redeem(shop, forge()))


def test_an_application_authenticates_in_its_own_way_alone(shop: Application, client: TestClient):
    shop.secret = SECRET
    assert is_refused(shop.redeem("x"))
    shop.secret = None
    assert is_refused(shop.redeem("x"))
    bank = signed(iss="bank", sub="bank")  # which has a secret, and no key
    assert is_refused(redeem(shop, bank))
    assert is_refused(redeem(shop, signed(), client_assertion_type="x"))
    told = client.get("/.well-known/openid-configuration").json()
    assert "private_key_jwt" in told["token_endpoint_auth_methods_supported"]
    assert told["token_endpoint_auth_signing_alg_values_supported"] == ["ES256"]


values = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just([]) | st.just({})
names = st.sampled_from(["iss", "sub", "aud", "jti", "exp", "iat", "nbf"])


@settings_of_hypothesis(
    max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    changed=st.dictionaries(names, values, min_size=1, max_size=3),
    header=values | st.dictionaries(st.sampled_from(["alg", "kid", "crit", "b64"]), values),
    is_signed=st.booleans(),
)
def test_whatever_comes_as_a_jwt_is_no_fault(
    shop: Application, changed: dict, header: object, is_signed: bool
):
    right = json.loads(json.dumps(claims())) | changed
    if is_signed:
        assertion = jwt.encode({"alg": "ES256"}, right, KEY, ["ES256"])
    else:
        assertion = f"{part(header)}.{part(right)}.AA"
    answer = redeem(shop, assertion)
    assert answer.status_code in (400, 401), answer.text


@pytest.mark.parametrize("content", ["nothing", "text", "a private key", "another curve"])
def test_a_file_that_holds_no_public_key_of_p_256_is_refused(tmp_path: Path, content: str):
    held = {
        "nothing": b"",
        "text": b"x",
        "a private key": OTHER.as_pem(private=True),
        "another curve": ECKey.generate_key("P-384").as_pem(private=False),
    }
    (tmp_path / "shop.pem").write_bytes(held[content])
    shop = {"name": "Shop", "redirect_uris": [BACK], "public_key_file": "shop.pem"}
    with pytest.raises(ValueError, match="public key of the curve P-256"):
        OpenId.model_validate(
            {"issuer": ISSUER, "clients": {"shop": shop}}, context={FOLDER: tmp_path}
        )


def test_an_application_has_a_secret_or_a_key(tmp_path: Path):
    (tmp_path / "shop.pem").write_bytes(KEY.as_pem(private=False))
    shop = {**CLIENTS["shop"], "public_key_file": "shop.pem"}
    with pytest.raises(ValueError, match="not both"):
        OpenId.model_validate(
            {"issuer": ISSUER, "clients": {"shop": shop}}, context={FOLDER: tmp_path}
        )
