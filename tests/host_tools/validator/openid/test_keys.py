"""The keys that sign ID tokens, and their rotation."""

import sqlite3
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import KeySet

from host_tools.validator.service import Validator
from tests.support.validator.application import Tokens
from tests.support.validator.clock import VirtualClock
from tests.support.validator.openid import CLIENTS, Application, query_of, settings

MEMBERS = {"EC": {"crv", "x", "y"}, "RSA": {"n", "e"}}  # of a public key


def names(client: TestClient, algorithm: str = "ES256") -> list[str]:
    """Give the names of the published keys of an algorithm; each shows no private half."""
    keys = client.get("/openid/keys").json()["keys"]
    for key in keys:
        assert set(key) == {"kty", "kid", "use", "alg"} | MEMBERS[key["kty"]]
        assert (key["kty"], key["alg"]) in {("EC", "ES256"), ("RSA", "RS256")}
    return [key["kid"] for key in keys if key["alg"] == algorithm]


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
    assert validator.openid.rotate_key(actor="test") == 4
    second, kept = names(client)
    assert kept == first != second
    code = query_of(shop.ask().headers["location"])["code"]
    published = KeySet.import_key_set(client.get("/openid/keys").json())
    signed_after = jwt.decode(shop.redeem(code).json()["id_token"], published, ["ES256"])
    assert signed_after.header["kid"] == second
    assert jwt.decode(signed_before, published, ["ES256"]).header["kid"] == first
    clock.advance(14 * 60)
    assert names(client) == [second, first]
    assert len(names(client, "RS256")) == 2
    clock.advance(61)
    assert names(client) == [second]
    assert validator.openid.rotate_key(actor="test") == 4
    assert validator.verify_audit().broken == ()
    assert "rotate_openid_key" in {entry.action for entry in validator.audit(serial="").items}


@pytest.mark.parametrize(("name", "algorithm"), [("shop", "ES256"), ("rsa-shop", "RS256")])
def test_an_application_chooses_the_algorithm_of_its_id_tokens(
    client: TestClient, tokens: Tokens, name: str, algorithm: str
):
    shop = Application(client, name)
    answer = shop.sign_in("anna.holm", tokens.code("K1"))
    signed = shop.redeem(query_of(answer.headers["location"])["code"]).json()["id_token"]
    published = KeySet.import_key_set(client.get("/openid/keys").json())
    read = jwt.decode(signed, published, [algorithm])
    assert (read.header["alg"], read.header["kid"]) == (algorithm, *names(client, algorithm))

    def hinted(id_token: str) -> dict[str, str]:
        return query_of(shop.ask(prompt="none", id_token_hint=id_token).headers["location"])

    assert "code" in hinted(signed)
    head, claims, signature = signed.split(".")
    broken = f"{head}.{claims}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"
    assert hinted(broken)["error"] == "login_required"


def test_no_other_algorithm_can_be_chosen():
    for algorithm in ("none", "HS256", "PS256", "es256"):
        with pytest.raises(ValueError, match="id_token_signed_response_alg"):
            settings(
                clients={"shop": CLIENTS["shop"] | {"id_token_signed_response_alg": algorithm}}
            )


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
    keys = [one.private.reveal() for one in validator.openid.published_keys()]
    opened = sqlite3.connect(tmp_path / "validator.sqlite")
    dump = "\n".join(opened.iterdump())
    opened.close()
    assert "openid_grants" in dump
    lines = [key.splitlines()[1] for key in keys]
    for secret in (code.encode(), access.encode(), *keys, *lines):
        assert secret.decode() not in dump
        assert secret.hex().upper() not in dump.upper()
