"""Exports of authenticator apps as the apps write them, apart from the code that reads them.

Encrypted forms are made with `cryptography` (and libsodium for Ente) out of the apps' own
descriptions; the fields beside the accounts, such as icons, are those of the apps' own files.
"""

import base64
import hashlib
import os
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import nacl.bindings as sodium
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from tests.support.exports.accounts import UUID, Account, as_json, moving, uri


def aegis_content(accounts: Sequence[Account]) -> dict[str, Any]:
    return {
        "version": 3,
        "entries": [
            {
                "type": account.kind,
                "uuid": UUID,
                "name": account.name,
                "issuer": account.issuer,
                "note": "Main account",
                "icon": None,
                "icon_mime": None,
                "icon_hash": None,
                "favorite": False,
                "info": {
                    "secret": account.base32,
                    "algo": account.algorithm,
                    "digits": account.digits,
                    **moving(account),
                },
                "groups": [UUID],
            }
            for account in accounts
        ],
        "groups": [{"uuid": UUID, "name": "Personal"}],
        "icons_optimized": True,
    }


def aegis_vault(accounts: Sequence[Account]) -> dict[str, Any]:
    header = {"slots": None, "params": None}
    return {"version": 1, "header": header, "db": aegis_content(accounts)}


def aegis(accounts: Sequence[Account]) -> bytes:
    return as_json(aegis_vault(accounts))


def _gcm(key: bytes, plain: bytes) -> tuple[bytes, dict[str, str]]:
    nonce = os.urandom(12)
    sealed = AESGCM(key).encrypt(nonce, plain, None)
    return sealed[:-16], {"nonce": nonce.hex(), "tag": sealed[-16:].hex()}


def aegis_encrypted_vault(accounts: Sequence[Account], password: str) -> dict[str, Any]:
    """Give a vault with a biometric slot and two of passwords, the last of which fits."""
    master = os.urandom(32)
    content, parameters = _gcm(master, as_json(aegis_content(accounts)))
    slots: list[dict[str, Any]] = []
    for kind, text in ((2, None), (1, "another"), (1, password)):
        salt = os.urandom(32)
        work: dict[str, Any] = (
            {} if text is None else {"n": 1024, "r": 8, "p": 1, "salt": salt.hex()}
        )
        key = (
            os.urandom(32)
            if text is None
            else hashlib.scrypt(text.encode(), salt=salt, n=1024, r=8, p=1, dklen=32)
        )
        wrapped, wrapping = _gcm(key, master)
        slot = {"type": kind, "uuid": UUID, "key": wrapped.hex(), "key_params": wrapping} | work
        slots.append(slot | ({"repaired": True, "is_backup": False} if text else {}))
    header = {"slots": slots, "params": parameters}
    return {"version": 1, "header": header, "db": base64.b64encode(content).decode()}


def aegis_encrypted(accounts: Sequence[Account], password: str) -> bytes:
    return as_json(aegis_encrypted_vault(accounts, password))


def andotp_items(accounts: Sequence[Account]) -> list[dict[str, Any]]:
    return [
        {
            "secret": base64.b32encode(account.secret).decode(),
            "issuer": account.issuer,
            "label": account.name,
            "digits": account.digits,
            "type": account.kind.upper(),
            "algorithm": account.algorithm,
            "thumbnail": "Default",
            "last_used": 1608146844162,
            "used_frequency": 3,
            **moving(account),
            "tags": ["work"],
        }
        for account in accounts
    ]


def andotp(accounts: Sequence[Account]) -> bytes:
    return as_json(andotp_items(accounts))


def andotp_encrypted(accounts: Sequence[Account], password: str, rounds: int = 2_000) -> bytes:
    salt, nonce = os.urandom(12), os.urandom(12)
    key = hashlib.pbkdf2_hmac("sha1", password.encode(), salt, rounds, 32)
    sealed = AESGCM(key).encrypt(nonce, andotp(accounts), None)
    return rounds.to_bytes(4, "big") + salt + nonce + sealed


def andotp_before_0_6_3(accounts: Sequence[Account], password: str) -> bytes:
    nonce = b"\x01" + os.urandom(11)  # so that it never looks like a number of rounds
    return nonce + AESGCM(hashlib.sha256(password.encode()).digest()).encrypt(
        nonce, andotp(accounts), None
    )


def twofas_services(accounts: Sequence[Account]) -> list[dict[str, Any]]:
    return [
        {
            "name": f"My {account.issuer}",
            "secret": account.base32,
            "updatedAt": 1702934567518,
            "serviceTypeID": None,
            "otp": {
                "link": uri(account),
                "label": f"{account.issuer}:{account.name}",
                "account": account.name,
                "issuer": account.issuer,
                "digits": account.digits,
                "period": account.period,
                "algorithm": account.algorithm,
                "counter": account.counter,
                "tokenType": account.kind.upper(),
                "source": "Link",
            },
            "order": {"position": position},
            "badge": {"color": "Red"},
            "icon": {"selected": "Label", "label": {"text": "BA", "backgroundColor": "Pink"}},
            "groupId": UUID,
        }
        for position, account in enumerate(accounts)
    ]


def twofas_backup(accounts: Sequence[Account]) -> dict[str, Any]:
    return {
        "services": twofas_services(accounts),
        "groups": [{"id": UUID, "name": "Home", "isExpanded": True, "updatedAt": 1}],
        "updatedAt": 1702934605519,
        "schemaVersion": 4,
        "appVersionCode": 5000012,
        "appVersionName": "5.1.0",
        "appOrigin": "android",
    }


def twofas(accounts: Sequence[Account]) -> bytes:
    return as_json(twofas_backup(accounts))


def twofas_encrypted(accounts: Sequence[Account], password: str) -> bytes:
    salt, nonce = os.urandom(256), os.urandom(12)
    key = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 10_000, 32)
    sealed = AESGCM(key).encrypt(nonce, as_json(twofas_services(accounts)), None)
    text = ":".join(base64.b64encode(part).decode() for part in (sealed, salt, nonce))
    backup = twofas_backup(()) | {"servicesEncrypted": text, "reference": text}
    return as_json(backup)


def freeotp_plus_export(accounts: Sequence[Account]) -> dict[str, Any]:
    return {
        "tokenOrder": [f"{account.issuer}:{account.name}" for account in accounts],
        "tokens": [
            {
                "algo": account.algorithm,
                "counter": account.counter or 0,
                "digits": account.digits,
                "issuerExt": account.issuer,
                "issuerInt": account.issuer,
                "label": account.name,
                "period": account.period,
                "secret": [byte - 256 if byte > 127 else byte for byte in account.secret],
                "type": account.kind.upper(),
            }
            for account in accounts
        ],
    }


def freeotp_plus(accounts: Sequence[Account]) -> bytes:
    return as_json(freeotp_plus_export(accounts))


def raivo_items(accounts: Sequence[Account]) -> list[dict[str, Any]]:
    return [
        {
            "issuer": account.issuer,
            "account": account.name,
            "secret": account.base32,
            "algorithm": account.algorithm,
            "digits": str(account.digits),
            "kind": account.kind.upper(),
            "timer": str(account.period),
            "pinned": "false",
            "counter": str(account.counter or 0),
            "iconType": "raivo_repository",
            "iconValue": "bank/bank.png",
        }
        for account in accounts
    ]


def raivo(accounts: Sequence[Account]) -> bytes:
    return as_json(raivo_items(accounts))


def ente(accounts: Sequence[Account]) -> bytes:
    display = quote('{"pinned":false,"trashed":false,"tags":[]}')
    return "".join(
        uri(account, *(["period=30"] if account.kind == "hotp" else []), f"codeDisplay={display}")
        + "\n"
        for account in accounts
    ).encode()


def ente_encrypted(accounts: Sequence[Account], password: str) -> bytes:
    salt = os.urandom(16)
    derivation = Argon2id(salt=salt, length=32, iterations=3, lanes=1, memory_cost=8192)
    state = sodium.crypto_secretstream_xchacha20poly1305_state()
    key = derivation.derive(password.encode())
    header = sodium.crypto_secretstream_xchacha20poly1305_init_push(state, key)
    sealed = sodium.crypto_secretstream_xchacha20poly1305_push(
        state, ente(accounts), None, sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL
    )
    export = {
        "version": 1,
        "kdfParams": {
            "memLimit": 8192 * 1024,
            "opsLimit": 3,
            "salt": base64.b64encode(salt).decode(),
        },
        "encryptedData": base64.b64encode(sealed).decode(),
        "encryptionNonce": base64.b64encode(header).decode(),
    }
    return as_json(export)
