"""/validate/check as privacyIDEA's own plug-ins ask and read it.

Each client below sends what the plug-in sends and reads the answer the way it does: pam_python's
privacyidea_pam.py (2.15), the FreeRADIUS plug-in's privacyidea_radius.pm (3.4.3), the Java client
under the Keycloak provider (1.4, JSONParser.java), and FreeRADIUS' rlm_rest as privacyIDEA
documents it (doc/application_plugins/rlm_rest.rst).
"""

import base64
import ipaddress
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from host_tools.otp import codes
from host_tools.otp.credential import Credential
from host_tools.secret import Secret
from host_tools.validator.http.settings import Settings
from host_tools.validator.records import NewToken, Role
from host_tools.validator.service import Validator
from tests.host_tools.validator.rest.plug_ins import keycloak, pam
from tests.support.ocra import peer
from tests.support.validator.application import SUITE, ApiClient, Tokens
from tests.support.validator.clock import VirtualClock


def ask(client: TestClient | ApiClient, **fields: str) -> dict[str, Any]:
    answer = client.post("/validate/check", data=fields)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_a_right_code(checker: ApiClient, tokens: Tokens) -> None:
    answer = ask(checker, user="anna.holm", **{"pass": tokens.code("K1")})
    assert (pam(answer), keycloak(answer)) == ("success", "ACCEPT")
    assert answer["detail"]["serial"] == "K1"


def test_the_same_code_again(checker: ApiClient, tokens: Tokens) -> None:
    fields = {"user": "anna.holm", "pass": tokens.code("K1")}
    ask(checker, **fields)
    answer = ask(checker, **fields)
    assert (pam(answer), keycloak(answer)) == ("auth error", "REJECT")


def test_get_works_as_post_does(checker: ApiClient, tokens: Tokens) -> None:
    answer = checker.get("/validate/check", params={"serial": "K1", "pass": tokens.code("K1")})
    assert answer.json()["result"]["value"] is True


def test_wrong_codes_unknown_users_and_tokens_look_alike(checker: ApiClient) -> None:
    def shown(**fields: str) -> dict[str, Any]:
        answer = ask(checker, **fields)
        for changing in ("time",):
            answer.pop(changing)
        answer["detail"].pop("threadid")
        return answer

    answers = [
        shown(user="anna.holm", **{"pass": "000000"}),
        shown(user="nobody.here", **{"pass": "000000"}),
        shown(serial="K9", **{"pass": "000000"}),
        shown(user="anna.holm", **{"pass": ""}),
        shown(user="bad\x00name", **{"pass": "000000"}),
    ]
    assert all(answer == answers[0] for answer in answers)


def test_a_serial_must_be_its_users(checker: ApiClient, tokens: Tokens) -> None:
    assert (
        ask(checker, user="carla.ny", serial="K1", **{"pass": tokens.code("K1")})["result"]["value"]
        is False
    )
    assert (
        ask(checker, user="anna.holm", serial="K1", **{"pass": tokens.code("K1")})["result"][
            "value"
        ]
        is True
    )


def test_an_empty_user_beside_a_serial_is_no_user(checker: ApiClient, tokens: Tokens) -> None:
    fields = {"user": "", "serial": "K1", "pass": tokens.code("K1")}
    assert checker.get("/validate/check", params=fields).json()["result"]["value"] is True


def test_the_pin_stands_before_the_code(
    checker: ApiClient, validator: Validator, tokens: Tokens, clock: VirtualClock
) -> None:
    validator.set_pin("anna.holm", Secret(b"4711"), actor="test")
    assert ask(checker, user="anna.holm", **{"pass": tokens.code("K1")})["result"]["value"] is False
    clock.advance(30)
    assert (
        ask(checker, user="anna.holm", **{"pass": "4712" + tokens.code("K1")})["result"]["value"]
        is False
    )
    clock.advance(30)
    assert (
        ask(checker, user="anna.holm", **{"pass": "4711" + tokens.code("K1")})["result"]["value"]
        is True
    )


def test_a_challenge_is_issued_and_answered(checker: ApiClient, tokens: Tokens) -> None:
    """The first leg has an empty pass, as the plug-in guide says; the second brings the transaction
    back."""
    first = ask(checker, user="carla.ny", **{"pass": ""})
    assert (pam(first), keycloak(first)) == ("challenge", "CHALLENGE")
    transaction = first["detail"]["transaction_id"]
    assert transaction in first["detail"]["message"]
    response = codes.ocra(tokens.secrets["K4"].reveal(), SUITE, transaction)
    second = ask(checker, user="carla.ny", transaction_id=transaction, **{"pass": response})
    assert (pam(second), keycloak(second)) == ("success", "ACCEPT")


def test_radius_plug_in_sends_the_transaction_as_state(checker: ApiClient, tokens: Tokens) -> None:
    state = ask(checker, user="carla.ny", **{"pass": ""})["detail"]["transaction_id"]
    response = codes.ocra(tokens.secrets["K4"].reveal(), SUITE, state)
    assert (
        ask(checker, user="carla.ny", state=state, **{"pass": response})["result"]["value"] is True
    )


@pytest.mark.parametrize("fields", [{"pass": "123456"}, {"user": "anna.holm"}])
def test_a_missing_field_is_an_error_in_privacyideas_form(
    checker: ApiClient, fields: dict[str, str]
) -> None:
    answer = checker.post("/validate/check", data=fields)
    assert answer.status_code == 400
    assert pam(answer.json()).startswith("system error: ERR905: Missing parameter")


def test_rlm_rest_reads_the_status_alone(checker: ApiClient, tokens: Tokens) -> None:
    right = checker.post(
        "/validate/radiuscheck", data={"user": "anna.holm", "pass": tokens.code("K1")}
    )
    wrong = checker.post("/validate/radiuscheck", data={"user": "anna.holm", "pass": "000000"})
    assert (right.status_code, right.content) == (204, b"")
    assert (wrong.status_code, wrong.content) == (400, b"")


@pytest.mark.parametrize(
    "name", ["authorization", "basic", "x-api-key", "pi-authorization", "bare"]
)
def test_the_key_comes_in_any_way_a_plug_in_can_send_it(
    client: TestClient, keys: dict[Role, str], tokens: Tokens, name: str
) -> None:
    """A URL https://any:KEY@host makes requests, LWP and libcurl send it as the password of
    Basic."""
    key = keys[Role.CHECKER]
    headers = {
        "authorization": {"Authorization": f"Bearer {key}"},
        "basic": {"Authorization": "Basic " + base64.b64encode(f"any:{key}".encode()).decode()},
        "x-api-key": {"X-API-Key": key},
        "pi-authorization": {"PI-Authorization": key},
        "bare": {"Authorization": key},
    }[name]
    answer = client.post(
        "/validate/check", data={"user": "anna.holm", "pass": tokens.code("K1")}, headers=headers
    )
    assert answer.json()["result"]["value"] is True


@pytest.mark.parametrize(
    "header", ["Basic !!!", "Basic " + base64.b64encode(b"any:wrong").decode(), "Bearer", ""]
)
def test_without_a_right_key_nothing_is_checked(client: TestClient, header: str) -> None:
    fields = {"user": "anna.holm", "pass": "000000"}
    answer = client.post("/validate/check", data=fields, headers={"Authorization": header})
    assert answer.status_code == 401
    assert "API key" in pam(answer.json())


@pytest.mark.parametrize(
    ("network", "status"), [("127.0.0.0/8", 401), ("0.0.0.0/32", 401), (None, 401)]
)
def test_only_named_addresses_may_ask_without_a_key(
    app: FastAPI, settings: Settings, network: str | None, status: int
) -> None:
    named = (ipaddress.ip_network(network),) if network else ()
    app.state.settings = settings.model_copy(update={"keyless_checks_from": named})
    outsider = TestClient(app, client=("192.0.2.9", 1234))
    assert (
        outsider.post("/validate/check", data={"user": "anna.holm", "pass": "0"}).status_code
        == status
    )


def test_a_named_address_may_ask_without_a_key(
    app: FastAPI, settings: Settings, tokens: Tokens
) -> None:
    app.state.settings = settings.model_copy(
        update={"keyless_checks_from": (ipaddress.ip_network("192.0.2.0/24"),)}
    )
    insider = TestClient(app, client=("192.0.2.9", 1234))
    fields = {"user": "anna.holm", "pass": tokens.code("K1")}
    assert insider.post("/validate/check", data=fields).json()["result"]["value"] is True
    assert (
        insider.post("/v1/checks", json={"user_id": "anna.holm", "code": "000000"}).status_code
        == 401
    )


def test_a_json_body_is_read_as_privacyidea_reads_it(checker: ApiClient, tokens: Tokens) -> None:
    fields = {"user": "anna.holm", "pass": tokens.code("K1"), "realm": "staff"}
    assert keycloak(checker.post("/validate/check", json=fields).json()) == "ACCEPT"
    assert keycloak(checker.post("/validate/check", json=fields).json()) == "REJECT"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"user": "anna.holm", "pass": 123456}', 422),  # a number has lost its zeros
        (b'{"user": "anna.holm", "pass": "1", "pass": "2"}', 422),
        (b'["anna.holm", "123456"]', 422),
        (b'{"user": "anna.holm"', 400),
        (b"\xff", 400),
        (b'{"pass": "123456"}', 400),
    ],
)
def test_json_that_is_no_object_of_texts_is_refused(
    checker: ApiClient, body: bytes, status: int
) -> None:
    headers = {"content-type": "application/json; charset=utf-8"}
    answer = checker.post("/validate/check", content=body, headers=headers)
    assert answer.status_code == status
    assert "system error" in pam(answer.json())


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_doubled_parameter_is_refused(checker: ApiClient, tokens: Tokens, method: str) -> None:
    fields = {"user": "anna.holm", "pass": [tokens.code("K1"), "000000"]}
    given = {"params": fields} if method == "get" else {"data": fields}
    answer = getattr(checker, method)("/validate/check", **given)
    assert answer.status_code == 422
    assert tokens.code("K1") not in answer.text


def test_a_pin_of_four_characters_stands_before_a_code_of_four_digits(
    checker: ApiClient, validator: Validator
) -> None:
    """The shortest of both: eight characters, as long as the longest code alone."""
    suite, secret = "OCRA-1:HOTP-SHA1-4:QN08", b"12345678901234567890"
    new = NewToken("K5", Credential("K5", Secret(secret)), suite=suite)
    validator.import_tokens([new], users={"K5": "dan.kort"}, activate=True, actor="test")
    validator.set_pin("dan.kort", Secret(b"1357"), actor="test")
    for pin, answer in (("2468", "REJECT"), ("", "REJECT"), ("1357", "ACCEPT")):
        asked = checker.post("/validate/check", data={"user": "dan.kort", "pass": ""}).json()
        challenge = asked["detail"]["transaction_id"]
        fields = {
            "user": "dan.kort",
            "pass": pin + peer(secret, suite, challenge),
            "transaction_id": challenge,
        }
        assert keycloak(checker.post("/validate/check", data=fields).json()) == answer


@pytest.mark.parametrize("body", [[], "text", 1])
def test_a_json_body_that_is_no_object_is_told_so_in_plain_words(
    checker: ApiClient, body: object
) -> None:
    answer = checker.post("/validate/check", json=body)
    said = answer.json()["result"]["error"]["message"]
    assert answer.status_code == 422
    assert "body" in said
    assert "a JSON object" in said
    assert "_Fields" not in said
    assert ": :" not in said
