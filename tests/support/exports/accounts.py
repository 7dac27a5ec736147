"""Accounts of apps, and what several formats write of them."""

import base64
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

UUID = "01234567-89ab-cdef-0123-456789abcdef"


@dataclass(frozen=True)
class Account:
    """An account of an app; with a counter it is HOTP's."""

    issuer: str
    name: str
    secret: bytes
    algorithm: str = "SHA1"
    digits: int = 6
    period: int = 30
    counter: int | None = None

    @property
    def kind(self) -> str:
        return "totp" if self.counter is None else "hotp"

    @property
    def base32(self) -> str:
        return base64.b32encode(self.secret).decode().rstrip("=")


# Every field of one has another value than in the apps' defaults.
ACCOUNTS = (
    Account("Bank", "sofie", b"12345678901234567890"),
    Account("Post", "anna.holm", bytes(range(32)), "SHA256", 8),
    Account("Kommune", "bo", bytes(range(100, 164)), "SHA512", 8),
    Account("Skat", "kaj", bytes(range(40, 60)), "SHA1", 6, counter=7),
    Account("Læge", "åse", bytes(range(60, 92)), "SHA256", 8, counter=2**40),
)


SIXTY = Account("Trafik", "lis", bytes(range(7, 39)), "SHA256", 7, 60)


def moving(account: Account) -> dict[str, int]:
    """Give the period or the counter by its name."""
    if account.counter is None:
        return {"period": account.period}
    return {"counter": account.counter}


def as_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def uri(account: Account, *more: str) -> str:
    label = f"{quote(account.issuer)}:{quote(account.name)}"
    parameters = {
        "secret": account.base32,
        "issuer": quote(account.issuer),
        "algorithm": account.algorithm,
        "digits": account.digits,
    } | moving(account)
    query = "&".join([*(f"{name}={value}" for name, value in parameters.items()), *more])
    return f"otpauth://{account.kind}/{label}?{query}"
