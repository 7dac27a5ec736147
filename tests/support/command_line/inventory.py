"""An inventory file and records in it."""

from pathlib import Path

from host_tools.otp.credential import Credential
from host_tools.provisioning.inventory import Inventory
from host_tools.secret import Secret

ISSUER_KEY = Secret(bytes(range(32)))
SECRET = Secret(b"MARKED-secret-of-the-token!")
NOW = 1_900_000_000.0


def _fail(text: str) -> None:
    raise AssertionError(text)


def opened(path: Path) -> Inventory:
    return Inventory(path, _fail)


def record(
    inventory: Inventory,
    serial: str,
    credential: Credential,
    key: Secret | None = ISSUER_KEY,
    **more: object,
):
    facts = {
        "product": "kodeviser",
        "board": "pico",
        "version": "1.0",
        "fingerprint": "00ff",
        "now": NOW,
    }
    inventory.record(
        serial=serial,
        credential=credential,
        issuer_key=key,
        **(facts | {"clock_set_at": NOW - 5} | more),
    )
