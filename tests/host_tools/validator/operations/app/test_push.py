"""privacyIDEA's push on /validate/check and /validate/polltransaction, as its plug-ins ask it."""

import ipaddress
from typing import Any

import pytest
from fastapi.testclient import TestClient

from host_tools.validator.http.settings import App, Party, Settings
from host_tools.validator.server.application import create_app
from tests.host_tools.validator.rest.plug_ins import keycloak, pam
from tests.support.validator.app import Site
from tests.support.validator.clock import VirtualClock

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def check(site: Site, user: str = "anna.holm", name: str = "bank", **fields: str) -> Any:
    answered = site.api(name).post("/validate/check", data={"user": user, "pass": "", **fields})
    assert answered.status_code == 200, answered.text
    return answered.json()


def poll(site: Site, transaction: str) -> tuple[bool, str, str]:
    """Poll as a plug-in does, without an API key."""
    by_path = site.client.get(f"/validate/polltransaction/{transaction}").json()
    by_query = site.client.get(
        "/validate/polltransaction", params={"transaction_id": transaction}
    ).json()
    for answered in (by_path, by_query):
        answered.pop("time")
        answered["detail"].pop("threadid")
    assert by_path == by_query
    result = by_path["result"]
    return result["value"], result["authentication"], by_path["detail"]["challenge_status"]


def test_a_push_is_polled_and_then_accepted_once(site: Site):
    phone = site.device("anna.holm")
    challenged = check(site)
    assert (pam(challenged), keycloak(challenged)) == ("challenge", "CHALLENGE")
    detail = challenged["detail"]
    (one,) = detail["multi_challenge"]
    assert (
        (one["client_mode"], one["type"])
        == ("poll", "push")
        == (
            detail["preferred_client_mode"],
            detail["type"],
        )
    )
    transaction = detail["transaction_id"]
    assert poll(site, transaction) == (False, "REJECT", "pending")
    assert keycloak(check(site, transaction_id=transaction)) == "REJECT"
    digits = detail["message"].split("type ")[1][:2]
    assert phone.answer(phone.waiting()[0], "approve", digits)["accepted"]
    assert poll(site, transaction) == (True, "ACCEPT", "accept")
    assert keycloak(check(site, "bo.lund", transaction_id=transaction)) == "REJECT"
    assert keycloak(check(site, "nobody", transaction_id=transaction)) == "REJECT"
    assert keycloak(check(site, name="shop", transaction_id=transaction)) == "REJECT"
    accepted = check(site, transaction_id=transaction)
    assert (pam(accepted), keycloak(accepted)) == ("success", "ACCEPT")
    assert keycloak(check(site, transaction_id=transaction)) == "REJECT"


@pytest.mark.parametrize("decision", ["decline", "report"])
def test_a_decline_is_told(site: Site, decision: str):
    phone = site.device("anna.holm")
    transaction = check(site)["detail"]["transaction_id"]
    assert phone.answer(phone.waiting()[0], decision)["accepted"]
    assert poll(site, transaction) == (False, "DECLINED", "declined")
    assert keycloak(check(site, transaction_id=transaction)) == "REJECT"


def test_unknown_users_are_challenged_and_too_many_requests_are_refused_like_a_wrong_code(
    site: Site, clock: VirtualClock
):
    for user in ("anna.holm", "nobody-at-all"):
        transactions = [check(site, user)["detail"]["transaction_id"] for _ in range(6)]
        assert {poll(site, one) for one in transactions} == {(False, "REJECT", "pending")}
        assert keycloak(check(site, user)) == "REJECT"
    clock.now += 301
    assert poll(site, transactions[0]) == (False, "REJECT", "pending")
    assert poll(site, "no-such-transaction") == (False, "REJECT", "pending")


def test_who_is_no_party_gets_no_push(site: Site):
    assert keycloak(check(site, name="boss")) == "REJECT"


def test_addresses_without_a_key_speak_for_the_party_that_needs_none(site: Site):
    settings = Settings(
        keyless_checks_from=(ipaddress.ip_network("192.0.2.0/24"),),
        app=App(parties=(Party(id="pam", name="Kontoret", keyless=True),)),
    )
    app = create_app(site.validator, settings)
    with TestClient(app, client=("192.0.2.7", 50000)) as client:
        fields = {"user": "anna.holm", "pass": ""}
        assert keycloak(client.post("/validate/check", data=fields).json()) == "CHALLENGE"
        with_code = fields | {"pass": "000000"}
        assert keycloak(client.post("/validate/check", data=with_code).json()) == "REJECT"
    phone = site.device("anna.holm")
    assert [one["party_name"] for one in phone.waiting()] == ["Kontoret"]
    assert phone.waiting()[0]["place"] == "192.0.2.7"
