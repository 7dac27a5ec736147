"""Signing in to an application: what it asks for is what it gets."""

from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.support.validator.application import Tokens
from tests.support.validator.clock import VirtualClock
from tests.support.validator.openid import BACK, ISSUER, Application, query_of

OTP, OTP_PIN = "urn:kodebrik:acr:otp", "urn:kodebrik:acr:otp-pin"


def claims_of(client: TestClient, id_token: str) -> dict:
    keys = KeySet.import_key_set(client.get("/openid/keys").json())
    return jwt.decode(id_token, keys, ["ES256"]).claims


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
