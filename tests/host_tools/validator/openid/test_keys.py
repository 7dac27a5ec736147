"""The keys that sign ID tokens, and their rotation."""

import sqlite3
from pathlib import Path

from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import KeySet

from host_tools.validator.service import Validator
from tests.support.validator.application import Tokens
from tests.support.validator.clock import VirtualClock
from tests.support.validator.openid import Application, query_of


def names(client: TestClient) -> list[str]:
    keys = client.get("/openid/keys").json()["keys"]
    for key in keys:
        assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}  # and no private half
        assert (key["kty"], key["crv"], key["alg"]) == ("EC", "P-256", "ES256")
    return [key["kid"] for key in keys]


def test_a_new_key_signs_and_the_old_one_is_published_until_its_tokens_expire(
    shop: Application,
    client: TestClient,
    tokens: Tokens,
    validator: Validator,
    clock: VirtualClock,
):
    answer = shop.sign_in("anna.holm", tokens.code("K1"))
    signed_before = shop.redeem(query_of(answer.headers["location"])["code"]).json()["id_token"]
    (first,) = names(client)
    assert validator.openid.rotate_key(actor="test") == 2
    second, kept = names(client)
    assert kept == first != second
    code = query_of(shop.ask().headers["location"])["code"]
    published = KeySet.import_key_set(client.get("/openid/keys").json())
    signed_after = jwt.decode(shop.redeem(code).json()["id_token"], published, ["ES256"])
    assert signed_after.header["kid"] == second
    assert jwt.decode(signed_before, published, ["ES256"]).header["kid"] == first
    clock.advance(14 * 60)
    assert names(client) == [second, first]
    clock.advance(61)
    assert names(client) == [second]
    assert validator.openid.rotate_key(actor="test") == 2
    assert validator.verify_audit().broken == ()
    assert "rotate_openid_key" in {entry.action for entry in validator.audit(serial="").items}


def test_keys_and_subjects_outlive_a_new_data_key(
    shop: Application, client: TestClient, tokens: Tokens, validator: Validator
):
    answer = shop.sign_in("anna.holm", tokens.code("K1"))
    body = shop.redeem(query_of(answer.headers["location"])["code"]).json()
    before = names(client), shop.info(body["access_token"]).json()
    waiting = query_of(shop.ask().headers["location"])["code"]
    validator.rotate_key(actor="test")
    assert (names(client), shop.info(body["access_token"]).json()) == before
    later = shop.redeem(waiting).json()["access_token"]
    assert shop.info(later).json() == before[1]
    assert validator.verify_audit().broken == ()


def test_the_database_holds_no_key_code_or_token_in_the_clear(
    shop: Application, tokens: Tokens, validator: Validator, tmp_path: Path
):
    answer = shop.sign_in("anna.holm", tokens.code("K1"))
    code = query_of(answer.headers["location"])["code"]
    access = shop.redeem(code).json()["access_token"]
    private = validator.openid.published_keys()[0].private.reveal()
    opened = sqlite3.connect(tmp_path / "validator.sqlite")
    dump = "\n".join(opened.iterdump())
    opened.close()
    assert "openid_grants" in dump
    for secret in (code.encode(), access.encode(), private, private.splitlines()[1]):
        assert secret.decode() not in dump
        assert secret.hex().upper() not in dump.upper()
