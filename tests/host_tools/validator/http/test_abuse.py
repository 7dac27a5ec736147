"""Access control: what callers without a key, or with a lesser role, cannot do or find out."""

import asyncio
import time

import pytest
from fastapi import FastAPI, Request
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from host_tools.validator.http import authentication
from host_tools.validator.http.rate_limits import network_prefix
from host_tools.validator.http.settings import Settings
from host_tools.validator.records import ApiKey, Role
from host_tools.validator.server.application import create_app
from host_tools.validator.service import Validator
from tests.support.validator.application import ApiClient
from tests.support.validator.site import signed_in

CHECKER, HELP_DESK, AUDITOR, ADMINISTRATOR = (
    Role.CHECKER,
    Role.HELP_DESK,
    Role.AUDITOR,
    Role.ADMINISTRATOR,
)
CHECK = {CHECKER, HELP_DESK, ADMINISTRATOR}
READ = {HELP_DESK, AUDITOR, ADMINISTRATOR}
CARE = {HELP_DESK, ADMINISTRATOR}
SEE_ALL = {AUDITOR, ADMINISTRATOR}
RULE = {ADMINISTRATOR}
EVERYBODY: set[Role] = set()  # no key at all

# docs/api.md, "Keys and roles", route by route; pages of the administration want its session
# instead.
MAY = {
    "POST /v1/checks": CHECK,
    "POST /v1/challenges": CHECK,
    "POST /v1/approvals": CHECK,
    "GET /v1/approvals/{reference}": CHECK,
    "DELETE /v1/approvals/{reference}": CHECK,
    "POST /v1/approvals/{reference}/use": CHECK,
    "POST /v1/approvals/{reference}/extend": CHECK,
    "POST /v1/app-letters": CARE,
    "GET /v1/reports/{user_id}": READ,
    "DELETE /v1/reports/{user_id}": CARE,
    "GET /validate/check": CHECK,
    "GET /validate/polltransaction": EVERYBODY,
    "GET /validate/polltransaction/{transaction_id}": EVERYBODY,
    "POST /validate/check": CHECK,
    "POST /validate/radiuscheck": CHECK,
    "GET /v1/tokens": READ,
    "GET /v1/tokens/{serial}": READ,
    "GET /v1/tokens/{serial}/drift": READ,
    "DELETE /v1/tokens/{serial}": RULE,
    "POST /v1/tokens/{serial}/activate-by-administrator": RULE,
    "GET /v1/users": READ,
    "POST /v1/users": CARE,
    "GET /v1/users/{user_id}": READ,
    "PUT /v1/users/{user_id}": CARE,
    "DELETE /v1/users/{user_id}": RULE,
    "PUT /v1/pins/{user_id}": CARE,
    "GET /v1/audit": READ,
    "POST /v1/audit/verify": SEE_ALL,
    "GET /v1/keys": SEE_ALL,
    "POST /v1/keys": RULE,
    "DELETE /v1/keys/{name}": RULE,
    "POST /v1/imports": RULE,
    "POST /v1/assignments": RULE,
    "GET /metrics": SEE_ALL,
    "GET /openapi.json": set(Role),
    "GET /healthz": EVERYBODY,
    "GET /readyz": EVERYBODY,
}
CARED_FOR = (
    "assign",
    "unassign",
    "activation-code",
    "activate",
    "block",
    "unblock",
    "replace",
    "resynchronise",
)
MAY |= {f"POST /v1/tokens/{{serial}}/{action}": CARE for action in (*CARED_FOR, "clock-set")}
MAY |= {f"PUT /v1/tokens/{{serial}}/{action}": CARE for action in ("window", "clock")}
# The interface of app devices, for those that have no session yet, or none any more.
OPEN_TO_DEVICES = {
    "DELETE /app/api/sessions",
    "POST /app/api/challenges",
    "POST /app/api/challenges/number",
    "POST /app/api/devices",
    "POST /app/api/sessions",
}
OPEN_PAGES = {
    "/",
    "/language/{chosen}",
    "/sign-in",
    "/sign-in/approve",
    "/sign-in/app",
    "/sign-in/app/state",
    "/sign-in/app/finish",
    "/sign-in/done",
    "/activate",
    "/activate/done",
    "/app",
    "/app/manifest.webmanifest",
    "/app/offline",
    "/app/worker.js",
    "/admin/login",
}


def described(app: FastAPI) -> set[str]:
    """Give the routes of programs, as OpenAPI has them."""
    return {
        f"{method.upper()} {path}"
        for path, methods in app.openapi()["paths"].items()
        for method in methods
    }


def of_devices(app: FastAPI) -> set[str]:
    """Give the routes of app devices."""
    return {name for name in pages(app) if name.split()[1].startswith("/app/api/")}


def pages(app: FastAPI) -> set[str]:
    """Give the routes of the site and of app devices: all the others."""
    every = {
        f"{method} {route.path_format}"
        for route in app.routes
        if isinstance(route, APIRoute)
        for method in route.methods
    }
    assert every >= described(app), "all of them are found"
    return every - described(app)


def send(client: TestClient, name: str, key: str | None) -> int:
    method, path = name.split()
    for part, value in (("{serial}", "K1"), ("{user_id}", "anna.holm"), ("{name}", "nobody")):
        path = path.replace(part, value)
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    return client.request(method, path, headers=headers).status_code


def test_every_route_of_the_programs_takes_the_roles_that_it_should(
    app: FastAPI, client: TestClient, keys: dict[Role, str]
) -> None:
    named = described(app)
    assert named <= MAY.keys(), "a new route belongs into the table above"
    for name in sorted(named - {"DELETE /v1/tokens/{serial}", "DELETE /v1/users/{user_id}"}):
        for role in Role:
            refused = send(client, name, keys[role]) == 403
            assert refused == (role not in MAY[name] and MAY[name] != EVERYBODY), (name, role)
        assert (send(client, name, None) == 401) == (MAY[name] != EVERYBODY), name
        assert (send(client, name, "guess") == 401) == (MAY[name] != EVERYBODY), name
    for name in ("DELETE /v1/tokens/{serial}", "DELETE /v1/users/{user_id}"):
        assert [send(client, name, keys[role]) for role in Role if role not in MAY[name]] == [
            403
        ] * 3
        assert send(client, name, None) == 401


def test_every_page_of_the_administration_wants_a_session(app: FastAPI, client: TestClient) -> None:
    guarded = {name for name in pages(app) - of_devices(app) if name.split()[1] not in OPEN_PAGES}
    assert len(guarded) > 10
    for name in sorted(guarded):
        method, path = name.split()
        assert path.startswith("/admin"), "a new page for everybody belongs into the list above"
        answer = client.request(method, path, data={} if method == "POST" else None)
        assert (answer.status_code, answer.headers.get("location")) == (303, "/admin/login"), name


def test_every_route_of_app_devices_wants_their_session(app: FastAPI, client: TestClient) -> None:
    guarded = of_devices(app) - OPEN_TO_DEVICES
    assert len(guarded) > 10
    assert of_devices(app) >= OPEN_TO_DEVICES
    for name in sorted(guarded):
        method, path = name.split()
        path = path.replace("{reference}", "x").replace("{device}", "x")
        for session in ("", "Device " + 43 * "x", "Bearer x"):
            answer = client.request(method, path, json={}, headers={"Authorization": session})
            assert (answer.status_code, answer.json()["id"]) in (
                (401, "app-session-ended"),
                (422, "request-invalid"),  # before the database is asked
            ), name
            assert "accepted" not in answer.text


@pytest.mark.parametrize("role", [None, Role.CHECKER, Role.HELP_DESK, Role.AUDITOR])
def test_only_administrators_may_send_a_body_as_long_as_a_file(
    client: TestClient, keys: dict[Role, str], role: Role | None
) -> None:
    """Bodies are held in memory before a route sees them, so 32 MB are not for everybody."""
    headers = {} if role is None else {"Authorization": f"Bearer {keys[role]}"}
    file = {"file": ("tokens.csv", b"# \n" * 30_000)}
    for path in ("/v1/imports", "/admin/import"):
        assert client.post(path, files=file, headers=headers).status_code == 413
    headers["Authorization"] = f"Bearer {keys[Role.ADMINISTRATOR]}"
    assert client.post("/v1/imports", files=file, headers=headers).status_code == 422, (
        "read, and without a token"
    )


def test_an_administrators_session_takes_a_long_file_and_the_help_desks_does_not(
    client: TestClient, keys: dict[Role, str]
) -> None:
    lines = "".join(f"{number:012},JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP\n" for number in range(2000))
    file = {"file": ("tokens.csv", "serial number,secret key\n" + lines)}
    form = signed_in(client, keys[Role.HELP_DESK])
    assert client.post("/admin/import", data={"csrf": form}, files=file).status_code == 413
    client.cookies.clear()
    form = signed_in(client, keys[Role.ADMINISTRATOR])
    assert client.post("/admin/import", data={"csrf": form}, files=file).status_code == 200


def test_a_checker_cannot_tell_users_apart_by_their_challenges(
    checker: ApiClient, help_desk: ApiClient, validator: Validator
) -> None:
    validator.create_user("dora.uden", actor="test")
    asked = [
        {"user_id": "nobody.atall"},
        {"user_id": "dora.uden"},
        {"user_id": "anna.holm"},
        {"serial": "K9"},
    ]
    answers = [checker.post("/v1/challenges", json=body) for body in asked]
    assert {(answer.status_code, answer.text) for answer in answers} == {(409, answers[0].text)}
    assert [help_desk.post("/v1/challenges", json=body).status_code for body in asked] == [
        404,
        409,
        409,
        404,
    ]


def test_addresses_of_one_network_count_together() -> None:
    """A client with an IPv6 network has 2^64 addresses."""
    assert (
        network_prefix("2001:db8:1:2::7")
        == network_prefix("2001:db8:1:2:ffff::1%eth0")
        == "2001:db8:1:2::"
    )
    assert network_prefix("2001:db8:1:3::7") != network_prefix("2001:db8:1:2::7")
    assert network_prefix("::ffff:192.0.2.7") == network_prefix("192.0.2.7") == "192.0.2.7"
    assert network_prefix("testclient") == "testclient"


def test_wrong_keys_from_one_network_are_limited(validator: Validator, settings: Settings) -> None:
    app = create_app(validator, settings.model_copy(update={"guesses_per_minute": 5.0}))
    statuses = [
        TestClient(app, client=(f"2001:db8::{n}", 50_000))
        .get("/v1/tokens", headers={"Authorization": f"Bearer guess{n}"})
        .status_code
        for n in range(1, 9)
    ]
    assert statuses == [401] * 5 + [429] * 3


def test_nobody_asks_until_the_number_comes_whose_response_they_know(
    validator: Validator, settings: Settings
) -> None:
    app = create_app(validator, settings.model_copy(update={"guesses_per_minute": 5.0}))
    client = TestClient(app)
    challenge = client.post("/app/api/challenges", json={}).json()
    asked = [client.post("/app/api/challenges/number", json=challenge) for _ in range(8)]
    assert [one.status_code for one in asked] == [200] * 5 + [429] * 3
    assert len({one.json()["number"] for one in asked[:5]}) == 1


def test_a_key_that_many_requests_carry_is_looked_up_once_for_all(
    validator: Validator,
    settings: Settings,
    keys: dict[Role, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    look_up = validator.authenticate

    def counted(key: str) -> ApiKey | None:
        asked.append(key)
        time.sleep(0.05)  # while the others come
        return look_up(key)

    monkeypatch.setattr(validator, "authenticate", counted)
    monkeypatch.setattr(authentication, "_CACHE_SECONDS", 0.0)
    authenticator = authentication.ApiKeyAuthenticator(validator, settings)

    async def crowd() -> list[authentication.Caller | None]:
        await authenticator.owner(request(), keys[Role.CHECKER])
        owners = (authenticator.owner(request(), keys[Role.CHECKER]) for _ in range(20))
        return await asyncio.gather(*owners)

    def request() -> Request:
        return Request({"type": "http", "client": ("192.0.2.1", 1), "headers": []})

    assert {owner.role for owner in asyncio.run(crowd())} == {Role.CHECKER}
    assert len(asked) == 1
    validator.revoke_api_key(f"{Role.CHECKER} key", actor="test")
    assert asyncio.run(authenticator.owner(request(), keys[Role.CHECKER])) is None


def test_an_error_of_the_database_tells_no_parameters(validator: Validator) -> None:
    with pytest.raises(IntegrityError) as raised, validator._database.writing() as connection:
        connection.execute(
            text("INSERT INTO chains (chain) VALUES (:it)"), {"it": "a secret parameter"}
        )
    assert "a secret parameter" not in str(raised.value)


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_the_answer_to_an_unexpected_error_has_no_details_but_security_headers(
    app: FastAPI,
    keys: dict[Role, str],
    validator: Validator,
    monkeypatch: pytest.MonkeyPatch,
    accept: str,
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("what the log alone should hold")

    monkeypatch.setattr(validator, "tokens", fails)
    client = TestClient(app, raise_server_exceptions=False)
    headers = {"Authorization": f"Bearer {keys[Role.AUDITOR]}", "Accept": accept}
    answer = client.get("/v1/tokens", headers=headers)
    assert answer.status_code == 500
    assert "what the log" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
