"""Devices whose key is a WebAuthn credential."""

from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from host_tools.validator.rule import signed_texts
from tests.support.validator.app import Site
from tests.support.validator.authenticator import PRESENT, Authenticator, text

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def activate(site: Site, authenticator: Authenticator, user_id: str = "anna.holm") -> Any:
    challenge = site.client.post("/app/api/challenges", json={}).json()["challenge"]
    message = signed_texts.activation(challenge, user_id, "Telefon", "")
    body = {
        "challenge": challenge,
        "user_id": user_id,
        "name": "Telefon",
        "key": {"kind": "webauthn", "credential": authenticator.create(message)},
        "activation_code": site.letter(user_id),
    }
    return site.client.post("/app/api/devices", json=body)


def unlock(site: Site, device: str, counter: int, authenticator: Authenticator) -> Any:
    challenge = site.client.post("/app/api/challenges", json={}).json()["challenge"]
    message = signed_texts.session(challenge, device, counter)
    body = {
        "device": device,
        "counter": counter,
        "challenge": challenge,
        "proof": {"credential": authenticator.get(message)},
    }
    return site.client.post("/app/api/sessions", json=body).json()


def test_a_credential_of_one_device_is_no_other_devices(site: Site):
    """Not even with another key under the same id (WebAuthn, section 7.1)."""
    first = Authenticator()
    assert activate(site, first).status_code == 201
    for second in (
        first,
        Authenticator(credential_id=first.credential_id),
        replace(first, credential_id=b"other"),
    ):
        for user_id in ("bo.lund", "anna.holm"):
            refused = activate(site, second, user_id)
            assert (refused.status_code, refused.json()["id"]) == (422, "app-key-known")
    assert activate(site, Authenticator(), "bo.lund").status_code == 201


def test_a_credential_activates_opens_and_approves(site: Site):
    authenticator = Authenticator()
    device = activate(site, authenticator).json()["device"]
    opened = unlock(site, device, 1, authenticator)
    assert opened["opened"]
    asked = site.ask()
    headers = {"Authorization": f"Device {opened['session']}"}
    (shown,) = site.client.get("/app/api/approvals", headers=headers).json()["approvals"]
    names = (
        *("id", "nonce", "party", "party_name", "user_id", "kind", "text", "amount"),
        *("currency", "account", "place", "created_at"),
    )
    said = [device, "2", "approve", asked["digits"], *(str(shown[name]) for name in names)]
    message = signed_texts.encode(["kodebrik-approval-1", *said])
    body = {"counter": 2, "decision": "approve", "digits": asked["digits"]}
    path = f"/app/api/approvals/{asked['id']}/answer"
    for proof, reason in (
        ({"credential": authenticator.get(message + b"x")}, "wrong_signature"),
        ({"signature": text(bytes(64))}, "wrong_signature"),
        ({"credential": authenticator.get(message)}, "accepted"),
    ):
        told = site.client.post(path, json=body | {"proof": proof}, headers=headers).json()
        assert told["reason"] == reason
    found = site.bank.get(f"/v1/approvals/{asked['id']}").json()
    assert (found["state"], found["amr"]) == ("approved", ["hwk", "user"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "https://codes.example.evil"},
        {"rp_id": "codes.example.evil"},
        {"flags": PRESENT},  # without user verification
        {"key": ec.generate_private_key(ec.SECP256R1())},
        {"credential_id": b"another credential"},
        {"framed": {"crossOrigin": True, "topOrigin": "https://codes.example.evil"}},
        {"framed": {"crossOrigin": True}},
        {"framed": {"topOrigin": "https://codes.example.evil"}},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_what_was_signed_elsewhere_or_by_another_opens_nothing(site: Site, wrong: dict[str, Any]):
    authenticator = Authenticator()
    device = activate(site, authenticator).json()["device"]
    other = Authenticator(**({"key": authenticator.key} | wrong))
    assert unlock(site, device, 1, other)["reason"] == "refused"
    assert unlock(site, device, 1, authenticator)["opened"]
    if next(iter(wrong)) in ("origin", "rp_id", "flags", "framed"):
        assert activate(site, other).json()["id"] == "app-key-invalid"
