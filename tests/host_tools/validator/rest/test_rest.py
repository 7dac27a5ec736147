"""REST under /v1: who may do what, what each sees, and how refusals look."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from host_tools.validator.http.settings import Settings
from host_tools.validator.records import Role
from host_tools.validator.server.application import create_app
from host_tools.validator.service import Validator
from tests.support.validator.application import ApiClient, Tokens
from tests.support.validator.clock import VirtualClock


def test_a_right_code_is_accepted_once(checker: ApiClient, tokens: Tokens) -> None:
    code = tokens.code("K1")
    assert checker.post("/v1/checks", json={"user_id": "anna.holm", "code": code}).json() == {
        "accepted": True
    }
    again = checker.post("/v1/checks", json={"user_id": "anna.holm", "code": code})
    assert (again.status_code, again.json()) == (200, {"accepted": False})


def test_a_checker_cannot_tell_users_tokens_and_codes_apart(
    checker: ApiClient, tokens: Tokens
) -> None:
    asked = [
        {"user_id": "anna.holm", "code": "000000"},
        {"user_id": "nobody.here", "code": "000000"},
        {"user_id": "bo.lund", "code": tokens.code("K3")},
        {"serial": "K9", "code": "000000"},
        {"user_id": "anna.holm", "code": "no digits"},
    ]
    answers = [checker.post("/v1/checks", json=one) for one in asked]
    assert {(answer.status_code, answer.text) for answer in answers} == {
        (200, '{"accepted":false}')
    }


def test_the_help_desk_sees_why(help_desk: ApiClient, tokens: Tokens, clock: VirtualClock) -> None:
    late = tokens.code("K1")
    clock.advance(30 * 5)
    answer = help_desk.post("/v1/checks", json={"serial": "K1", "code": late}).json()
    assert answer == {
        "accepted": False,
        "details": {"reason": "late", "serial": "K1", "steps": -5, "retry_after": 0},
    }


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"code": "123456"},
        {"user_id": "anna.holm", "serial": "K1", "code": "123456"},
        {"user_id": "anna.holm", "code": "123456", "cod": "typo"},
        {"user_id": "anna.holm\u0000", "code": "123456"},
        {"user_id": "x" * 65, "code": "123456"},
        {"user_id": "anna.holm", "code": ["123456"]},
    ],
)
def test_a_malformed_check_says_what_is_wrong_and_never_repeats_it(
    checker: ApiClient, body: dict[str, object]
) -> None:
    answer = checker.post("/v1/checks", json=body)
    assert answer.status_code == 422
    assert set(answer.json()) == {"error", "hint", "id"}
    assert answer.json()["id"] in ("request-invalid", "user-id-unprintable")
    assert "123456" not in answer.text


def test_no_key_a_wrong_key_and_the_wrong_role(client: TestClient, auditor: ApiClient) -> None:
    body = {"user_id": "anna.holm", "code": "123456"}
    without = client.post("/v1/checks", json=body)
    assert (without.status_code, without.json()["id"]) == (401, "api-key-needed")
    wrong = client.post("/v1/checks", json=body, headers={"Authorization": "Bearer nonsense"})
    assert (wrong.status_code, wrong.headers["www-authenticate"]) == (401, "Bearer")
    assert "server api-key" in wrong.json()["hint"]
    assert "openapi" not in wrong.json()["hint"], "it needs a key too"
    assert wrong.json()["id"] == "api-key-refused"
    forbidden = auditor.post("/v1/checks", json=body)
    assert (forbidden.status_code, forbidden.json()["id"]) == (403, "api-key-role-forbidden")


# Every route of /v1, and the roles that may use it. What is not named is refused.
_ADMIN, _HELP, _AUDIT, _CHECK = Role.ADMINISTRATOR, Role.HELP_DESK, Role.AUDITOR, Role.CHECKER
ROUTES = {
    ("POST", "/v1/checks"): {_ADMIN, _HELP, _CHECK},
    ("POST", "/v1/challenges"): {_ADMIN, _HELP, _CHECK},
    ("GET", "/v1/tokens"): {_ADMIN, _HELP, _AUDIT},
    ("GET", "/v1/tokens/{serial}"): {_ADMIN, _HELP, _AUDIT},
    ("DELETE", "/v1/tokens/{serial}"): {_ADMIN},
    ("GET", "/v1/tokens/{serial}/drift"): {_ADMIN, _HELP, _AUDIT},
    ("POST", "/v1/tokens/{serial}/assign"): {_ADMIN, _HELP},
    ("POST", "/v1/tokens/{serial}/unassign"): {_ADMIN, _HELP},
    ("POST", "/v1/tokens/{serial}/activation-code"): {_ADMIN, _HELP},
    ("POST", "/v1/tokens/{serial}/activate"): {_ADMIN, _HELP},
    ("POST", "/v1/tokens/{serial}/activate-by-administrator"): {_ADMIN},
    ("POST", "/v1/tokens/{serial}/block"): {_ADMIN, _HELP},
    ("POST", "/v1/tokens/{serial}/unblock"): {_ADMIN, _HELP},
    ("POST", "/v1/tokens/{serial}/replace"): {_ADMIN, _HELP},
    ("POST", "/v1/tokens/{serial}/resynchronise"): {_ADMIN, _HELP},
    ("PUT", "/v1/tokens/{serial}/window"): {_ADMIN, _HELP},
    ("PUT", "/v1/tokens/{serial}/clock"): {_ADMIN, _HELP},
    ("POST", "/v1/tokens/{serial}/clock-set"): {_ADMIN, _HELP},
    ("POST", "/v1/approvals"): {_ADMIN, _HELP, _CHECK},
    ("GET", "/v1/approvals/{reference}"): {_ADMIN, _HELP, _CHECK},
    ("DELETE", "/v1/approvals/{reference}"): {_ADMIN, _HELP, _CHECK},
    ("POST", "/v1/approvals/{reference}/use"): {_ADMIN, _HELP, _CHECK},
    ("POST", "/v1/approvals/{reference}/extend"): {_ADMIN, _HELP, _CHECK},
    ("POST", "/v1/app-letters"): {_ADMIN, _HELP},
    ("GET", "/v1/reports/{user_id}"): {_ADMIN, _HELP, _AUDIT},
    ("DELETE", "/v1/reports/{user_id}"): {_ADMIN, _HELP},
    ("POST", "/v1/imports"): {_ADMIN},
    ("POST", "/v1/assignments"): {_ADMIN},
    ("GET", "/v1/users"): {_ADMIN, _HELP, _AUDIT},
    ("POST", "/v1/users"): {_ADMIN, _HELP},
    ("GET", "/v1/users/{user_id}"): {_ADMIN, _HELP, _AUDIT},
    ("PUT", "/v1/users/{user_id}"): {_ADMIN, _HELP},
    ("DELETE", "/v1/users/{user_id}"): {_ADMIN},
    ("PUT", "/v1/pins/{user_id}"): {_ADMIN, _HELP},
    ("GET", "/v1/audit"): {_ADMIN, _HELP, _AUDIT},
    ("POST", "/v1/audit/verify"): {_ADMIN, _AUDIT},
    ("GET", "/v1/keys"): {_ADMIN, _AUDIT},
    ("POST", "/v1/keys"): {_ADMIN},
    ("DELETE", "/v1/keys/{name}"): {_ADMIN},
    ("GET", "/metrics"): {_ADMIN, _AUDIT},
    ("GET", "/openapi.json"): {_ADMIN, _HELP, _AUDIT, _CHECK},
}


def test_every_route_is_in_the_table_of_roles(app: FastAPI) -> None:
    paths = app.openapi()["paths"]
    found = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    open_ones = {("GET", "/healthz"), ("GET", "/readyz")}
    by_privacyidea = {route for route in found if route[1].startswith("/validate/")}
    assert found - open_ones - by_privacyidea == set(ROUTES)


@pytest.mark.parametrize(("method", "path"), sorted(ROUTES))
def test_a_route_is_open_to_its_roles_alone(
    method: str, path: str, client: TestClient, keys: dict[Role, str]
) -> None:
    """Empty bodies: who may go on is told what is missing (or done it to a token that is not
    there), others are not."""
    target = path.replace("{serial}", "none").replace("{user_id}", "none").replace("{name}", "none")
    for role, key in keys.items():
        answer = client.request(method, target, headers={"X-API-Key": key})
        assert (answer.status_code != 403) == (role in ROUTES[method, path]), role
    assert client.request(method, target).status_code == 401


def test_a_token_passes_through_every_state_of_its_lifecycle(
    administrator: ApiClient, tokens: Tokens, clock: VirtualClock
) -> None:
    """From stock through letter and activation to block, replacement and deletion."""
    assert (
        administrator.post("/v1/tokens/K2/assign", json={"user_id": "dorte.vig"}).json()["status"]
        == "assigned"
    )
    letter = administrator.post("/v1/tokens/K2/activation-code", json={})
    assert letter.status_code == 201
    wrong = administrator.post(
        "/v1/tokens/K2/activate", json={"codes": [tokens.code("K2")], "activation_code": "not it"}
    )
    assert wrong.json()["accepted"] is False
    clock.advance(60)
    right = administrator.post(
        "/v1/tokens/K2/activate",
        json={"codes": [tokens.code("K2")], "activation_code": letter.json()["code"]},
    )
    assert right.json()["accepted"] is True
    clock.advance(60)
    assert administrator.post(
        "/v1/checks", json={"user_id": "dorte.vig", "code": tokens.code("K2")}
    ).json()["accepted"]
    assert (
        administrator.post("/v1/tokens/K2/block", json={"reason": "lost"}).json()["status"]
        == "blocked"
    )
    clock.advance(60)
    refused = administrator.post(
        "/v1/checks", json={"user_id": "dorte.vig", "code": tokens.code("K2")}
    ).json()
    assert refused["details"]["reason"] == "blocked"
    assert administrator.post("/v1/tokens/K2/unblock").json()["status"] == "active"
    assert administrator.delete("/v1/tokens/K2").status_code == 204
    assert administrator.get("/v1/tokens/K2").status_code == 404
    actions = [
        entry["action"] for entry in administrator.get("/v1/audit?serial=K2").json()["items"]
    ]
    # both were imported
    assert actions[-1] == administrator.get("/v1/audit?serial=K1").json()["items"][-1]["action"]
    assert len(actions) >= 7


def test_lists_are_cut_into_pages(administrator: ApiClient) -> None:
    first = administrator.get("/v1/tokens?limit=3").json()
    assert first["previous"] is None
    rest = administrator.get("/v1/tokens", params={"limit": 3, "cursor": first["next"]}).json()
    assert rest["next"] is None
    back = {"limit": 3, "cursor": rest["previous"]}
    assert administrator.get("/v1/tokens", params=back).json()["items"] == first["items"]
    assert [token["serial"] for token in first["items"] + rest["items"]] == ["K1", "K2", "K3", "K4"]
    assert first["total"] == rest["total"] == 4
    found = administrator.get("/v1/tokens?text=anna").json()["items"]
    assert [token["serial"] for token in found] == ["K1"]
    for path in ("tokens", "users", "audit"):
        assert administrator.get(f"/v1/{path}?cursor=7").status_code == 422


def test_no_answer_holds_a_secret(administrator: ApiClient, tokens: Tokens) -> None:
    seen = "".join(
        administrator.get(path).text
        for path in ("/v1/tokens", "/v1/tokens/K1", "/v1/users", "/v1/audit", "/v1/keys")
    )
    for secret in tokens.secrets.values():
        assert secret.reveal().hex() not in seen


def test_a_user_id_may_hold_a_slash(administrator: ApiClient) -> None:
    assert administrator.post("/v1/users", json={"user_id": "a/b/c.d"}).status_code == 201
    assert administrator.get("/v1/users/a%2Fb%2Fc.d").json()["user_id"] == "a/b/c.d"
    assert administrator.put("/v1/pins/a%2Fb%2Fc.d", json={"pin": "4711"}).json()["has_pin"] is True
    assert administrator.delete("/v1/users/a%2Fb%2Fc.d").status_code == 204


def test_a_cpr_number_is_no_user_id(administrator: ApiClient) -> None:
    answer = administrator.post("/v1/users", json={"user_id": "010190-1234"})
    assert answer.status_code == 422
    assert "CPR" in answer.json()["error"]
    assert "010190" not in answer.text


def test_what_exists_already_is_a_conflict(administrator: ApiClient) -> None:
    assert administrator.post("/v1/users", json={"user_id": "anna.holm"}).status_code == 409
    assert (
        administrator.post("/v1/tokens/K1/assign", json={"user_id": "bo.lund"}).status_code == 409
    )


def test_a_challenge_is_answered_by_its_token(checker: ApiClient, tokens: Tokens) -> None:
    from host_tools.otp import codes  # noqa: PLC0415

    challenge = checker.post("/v1/challenges", json={"user_id": "carla.ny"})
    assert challenge.status_code == 201
    text = challenge.json()["text"]
    response = codes.ocra(tokens.secrets["K4"].reveal(), "OCRA-1:HOTP-SHA1-6:QN08", text)
    body = {"user_id": "carla.ny", "code": response, "challenge": text}
    assert checker.post("/v1/checks", json=body).json() == {"accepted": True}
    assert checker.post("/v1/checks", json=body).json() == {"accepted": False}


def test_a_file_is_imported_whole_or_not_at_all(administrator: ApiClient) -> None:
    csv = (
        "serial number,secret "
        "key\nV1,JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP\nV2,JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXQ\n"
    )
    answer = administrator.post(
        "/v1/imports", files={"file": ("tokens.csv", csv)}, data={"kind": "totp"}
    )
    assert (answer.status_code, answer.json()) == (201, {"imported": 2})
    twice = csv.replace("V1,", "V3,")
    refused = administrator.post(
        "/v1/imports", files={"file": ("tokens.csv", twice)}, data={"kind": "totp"}
    )
    assert refused.status_code in (409, 422)
    assert "V2" in refused.json()["error"]
    assert administrator.get("/v1/tokens/V3").status_code == 404


def test_one_secret_of_two_tokens_is_warned_of(administrator: ApiClient) -> None:
    csv = (
        "serial,secret\nV1,JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP\nV2,JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP\n"
    )
    answer = administrator.post(
        "/v1/imports", files={"file": ("tokens.csv", csv)}, data={"kind": "totp"}
    )
    (warning,) = answer.json()["warnings"]
    assert warning.startswith("The tokens V1 and V2 have the same secret")


def test_tokens_are_handed_out_together_or_not_at_all(
    administrator: ApiClient, tokens: Tokens
) -> None:
    csv = (
        b"serial,secret\nK20,JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP\n"
        b"K21,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n"
    )
    data = {"kind": "totp", "clock_ppm": "5"}
    assert (
        administrator.post("/v1/imports", files={"file": ("two.csv", csv)}, data=data).status_code
        == 201
    )
    one, two = {"serial": "K20", "user_id": "ida.berg"}, {"serial": "K21", "user_id": "jens.krag"}
    wrong = administrator.post(
        "/v1/assignments", json={"assignments": [one, two | {"serial": "K1"}]}
    )
    assert (wrong.status_code, "K1" in wrong.json()["error"]) == (409, True)
    assert administrator.post("/v1/assignments", json={"assignments": [one, one]}).status_code in (
        400,
        422,
    )
    assert administrator.get("/v1/tokens/K20").json()["status"] == "stock"
    answer = administrator.post(
        "/v1/assignments", json={"assignments": [one, two], "activate": True}
    )
    assert (answer.status_code, answer.json()) == (200, {"assigned": 2})
    found = administrator.get("/v1/tokens/K21").json()
    assert (found["status"], found["user_id"], found["clock_ppm"]) == ("active", "jens.krag", 5)


def test_what_a_clock_can_be_off_by_is_set_for_each_token(help_desk: ApiClient) -> None:
    assert help_desk.get("/v1/tokens/K1").json()["clock_ppm"] == 50
    assert help_desk.put("/v1/tokens/K1/clock", json={"ppm": 3.5}).json()["clock_ppm"] == 3.5
    for nonsense in (-1, 201, None):
        assert help_desk.put("/v1/tokens/K1/clock", json={"ppm": nonsense}).status_code == 422
    assert help_desk.get("/v1/tokens/K1").json()["clock_ppm"] == 3.5


def test_a_file_that_is_too_long_is_refused_before_it_is_read(
    administrator: ApiClient, client: TestClient, keys: dict[Role, str]
) -> None:
    answer = administrator.post(
        "/v1/imports", files={"file": ("big.xml", b"<" + b"x" * 33 * 1024 * 1024)}
    )
    assert answer.status_code == 413
    assert "33,554,432 bytes" in answer.text

    def endless() -> object:
        for _ in range(20):
            yield b"x" * 8192

    headers = {"Authorization": f"Bearer {keys[Role.CHECKER]}", "Content-Type": "application/json"}
    without_length = client.post("/v1/checks", content=endless(), headers=headers)  # type: ignore[arg-type]
    assert without_length.status_code == 413


def test_a_revoked_key_is_refused(
    administrator: ApiClient, client: TestClient, validator: Validator
) -> None:
    made = administrator.post("/v1/keys", json={"name": "short-lived", "role": "checker"}).json()
    key = ApiClient(client, made["key"])
    assert key.post("/v1/checks", json={"serial": "K1", "code": "000000"}).status_code == 200
    assert administrator.delete("/v1/keys/short-lived").status_code == 204
    client.app.state.authenticator._cache.clear()  # type: ignore[attr-defined] # as a second later
    assert key.post("/v1/checks", json={"serial": "K1", "code": "000000"}).status_code == 401
    assert made["key"] not in administrator.get("/v1/keys").text


def test_wrong_keys_are_limited(validator: Validator, settings: Settings) -> None:
    client = TestClient(
        create_app(validator, settings.model_copy(update={"guesses_per_minute": 5.0}))
    )
    statuses = [
        client.get("/v1/tokens", headers={"Authorization": f"Bearer guess{n}"}).status_code
        for n in range(8)
    ]
    assert statuses == [401] * 5 + [429] * 3


def test_guesses_from_an_address_do_not_stop_who_is_known_there(
    validator: Validator, settings: Settings, keys: dict[Role, str]
) -> None:
    client = TestClient(
        create_app(validator, settings.model_copy(update={"guesses_per_minute": 5.0}))
    )
    known = {"Authorization": f"Bearer {keys[Role.AUDITOR]}"}
    assert client.get("/v1/tokens", headers=known).status_code == 200
    for n in range(8):
        client.get("/v1/tokens", headers={"Authorization": f"Bearer guess{n}"})
    assert client.get("/v1/tokens", headers=known).status_code == 200
    assert client.get("/v1/tokens", headers={"Authorization": "Bearer guess"}).status_code == 429


def test_metrics_count_checks_by_verdict(administrator: ApiClient, checker: ApiClient) -> None:
    def count() -> float:
        lines = administrator.get("/metrics").text.splitlines()
        return next(
            float(line.split()[1])
            for line in lines
            if line.startswith('kodebrik_checks_total{reason="wrong"}')
        )

    before = count()
    checker.post("/v1/checks", json={"user_id": "anna.holm", "code": "000000"})
    assert count() == before + 1
    assert 'kodebrik_tokens{status="active"} 2.0' in administrator.get("/metrics").text


def test_health_needs_no_key_and_readiness_asks_the_database(
    client: TestClient, validator: Validator
) -> None:
    assert client.get("/healthz").json() == client.get("/readyz").json() == {"status": "ok"}


def test_answers_are_not_kept_framed_or_sniffed(client: TestClient) -> None:
    headers = client.get("/healthz").headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


@pytest.mark.parametrize("query", ["offset=50", "state=blocked", "limit=5&cursr="])
@pytest.mark.parametrize("path", ["/v1/tokens", "/v1/users", "/v1/audit", "/v1/tokens/K1"])
def test_a_query_field_that_the_route_lacks_is_refused(
    administrator: ApiClient, tokens: Tokens, path: str, query: str
) -> None:
    assert administrator.get(path).status_code == 200
    answer = administrator.get(f"{path}?{query}")
    assert (answer.status_code, answer.json()["id"]) == (422, "request-name-unknown")


def test_a_doubled_json_key_is_refused(checker: ApiClient, tokens: Tokens) -> None:
    body = f'{{"serial": "K1", "code": "000000", "code": "{tokens.code("K1")}"}}'
    answer = checker.post(
        "/v1/checks", content=body.encode(), headers={"content-type": "application/json"}
    )
    assert (answer.status_code, answer.json()["id"]) == (422, "request-name-twice")
    assert tokens.code("K1") not in answer.text


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (None, "There is no"),
        ("fr", "There is no"),
        ("en-GB,da;q=0.5", "There is no"),
        ("da-DK,da;q=0.9,en;q=0.5", "Der er ingen kodebrik"),
    ],
)
def test_a_refusal_speaks_the_language_that_was_asked_for(
    app: FastAPI, keys: dict[Role, str], asked: str | None, words: str
) -> None:
    headers = {"Authorization": f"Bearer {keys[Role.ADMINISTRATOR]}"}
    headers |= {} if asked is None else {"Accept-Language": asked}
    said = TestClient(app).get("/v1/tokens/NOPE", headers=headers).json()
    assert said["id"] == "token-unknown"
    assert words in said["error"]
