"""Google Authenticator's export, with protobuf written by hand."""

import base64
from collections.abc import Sequence
from urllib.parse import quote

from tests.support.exports.accounts import Account


def varint(value: int) -> bytes:
    """Write a number as protobuf does; negative ones have 64 bits."""
    value %= 2**64
    out = b""
    while value > 127:
        out += bytes([value % 128 + 128])
        value //= 128
    return out + bytes([value])


def field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return varint(number * 8) + varint(value)
    return varint(number * 8 + 2) + varint(len(value)) + value


def migration_account(account: Account) -> bytes:
    out = field(1, account.secret) + field(2, account.name.encode())
    out += field(3, account.issuer.encode())
    out += field(4, {"SHA1": 1, "SHA256": 2, "SHA512": 3}[account.algorithm])
    out += field(5, {6: 1, 8: 2}[account.digits])
    out += field(6, {"hotp": 1, "totp": 2}[account.kind])
    return out if account.counter is None else out + field(7, account.counter)


def migration_payload(
    accounts: Sequence[Account], *, size: int = 1, index: int = 0, batch: int = -1234567890
) -> bytes:
    out = b"".join(field(1, migration_account(account)) for account in accounts)
    return out + field(2, 1) + field(3, size) + field(4, index) + field(5, batch)


def migration_uri(payload: bytes) -> str:
    return "otpauth-migration://offline?data=" + quote(base64.b64encode(payload), safe="")


def google(accounts: Sequence[Account]) -> bytes:
    return migration_uri(migration_payload(accounts)).encode()
