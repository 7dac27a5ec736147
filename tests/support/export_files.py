"""Writes exports of authenticator apps as the apps do, apart from the code that reads them.

Every writer takes accounts and gives the file's bytes. Encrypted forms are made with `cryptography`
(and libsodium for Ente) out of the apps' own descriptions; the fields beside the accounts, such as
icons, are those of the apps' own files.
"""

import base64
import csv
import hashlib
import hmac
import io
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

import nacl.bindings as sodium
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

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


def andotp_encrypted(accounts: Sequence[Account], password: str) -> bytes:
    rounds, salt, nonce = 140_123, os.urandom(12), os.urandom(12)
    key = hashlib.pbkdf2_hmac("sha1", password.encode(), salt, rounds, 32)
    sealed = AESGCM(key).encrypt(nonce, andotp(accounts), None)
    return rounds.to_bytes(4, "big") + salt + nonce + sealed


def andotp_before_0_6_3(accounts: Sequence[Account], password: str) -> bytes:
    nonce = b"\x01" + os.urandom(11)  # so that it never looks like a number of rounds
    return nonce + AESGCM(hashlib.sha256(password.encode()).digest()).encrypt(
        nonce, andotp(accounts), None
    )


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


def bitwarden_export(accounts: Sequence[Account]) -> dict[str, Any]:
    items: list[dict[str, Any]] = [
        {
            "id": UUID,
            "organizationId": None,
            "folderId": UUID,
            "type": 1,
            "reprompt": 0,
            "name": f"Item of {account.name}",
            "notes": "a note",
            "favorite": False,
            "fields": [{"name": "Question", "value": "Answer", "type": 0}],
            "login": {
                "uris": [{"match": None, "uri": "https://example.org"}],
                "username": account.name,
                "password": "never shown",
                "totp": uri(account),
                "fido2Credentials": [],
            },
            "collectionIds": None,
        }
        for account in accounts
    ]
    note = {"id": UUID, "type": 2, "name": "A note", "secureNote": {"type": 0}}
    return {"encrypted": False, "folders": [{"id": UUID, "name": "F"}], "items": [note, *items]}


def bitwarden_json(accounts: Sequence[Account]) -> bytes:
    return as_json(bitwarden_export(accounts))


def bitwarden_csv(accounts: Sequence[Account]) -> bytes:
    head = ("folder", "favorite", "type", "name", "notes", "fields", "reprompt")
    login = ("login_uri", "login_username", "login_password", "login_totp")
    rows: list[Sequence[str]] = [
        (*head, *login),
        ("", "", "note", "A note", 'two\nlines, and "quotes"', "", "0", "", "", "", ""),
    ]
    rows += [
        ("", "1", "login", a.issuer, "", "", "0", "https://x", a.name, "pw", uri(a))
        for a in accounts
    ]
    return _csv(rows)


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def bitwarden_encrypted(
    accounts: Sequence[Account], password: str, *, argon2: bool = False
) -> bytes:
    salt = base64.b64encode(os.urandom(16)).decode()
    if argon2:
        work = {"kdfType": 1, "kdfIterations": 2, "kdfMemory": 1, "kdfParallelism": 2}
        hashed = hashlib.sha256(salt.encode()).digest()
        derivation = Argon2id(salt=hashed, length=32, iterations=2, lanes=2, memory_cost=1024)
        key = derivation.derive(password.encode())
    else:
        work = {"kdfType": 0, "kdfIterations": 5000, "kdfMemory": None, "kdfParallelism": None}
        key = hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), 5000, 32)
    export = {
        "encrypted": True,
        "passwordProtected": True,
        "salt": salt,
        **work,
        "encKeyValidation_DO_NOT_EDIT": _cipher_text(key, UUID.encode()),
        "data": _cipher_text(key, bitwarden_json(accounts)),
    }
    return as_json(export)


def _cipher_text(key: bytes, plain: bytes) -> str:
    enc, mac = (HKDFExpand(SHA256(), 32, use).derive(key) for use in (b"enc", b"mac"))
    vector, missing = os.urandom(16), 16 - len(plain) % 16
    encryptor = Cipher(algorithms.AES256(enc), modes.CBC(vector)).encryptor()
    sealed = encryptor.update(plain + bytes([missing] * missing)) + encryptor.finalize()
    code = hmac.digest(mac, vector + sealed, "sha256")
    return "2." + "|".join(base64.b64encode(part).decode() for part in (vector, sealed, code))


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


def keepassxc_csv(accounts: Sequence[Account]) -> bytes:
    head = ("Group", "Title", "Username", "Password", "URL", "Notes", "TOTP", "Icon")
    lines = [[*head, "Last Modified", "Created"]]
    lines.append(["Root", "No code", "x", "pw", "", "two\nlines", "", "0", "", ""])
    lines += [
        ["Root", a.issuer, a.name, "pw", "", "", uri(a), "0", "2026-01-01T00:00:00Z", ""]
        for a in accounts
    ]
    quoted = (",".join('"' + field.replace('"', '""') + '"' for field in line) for line in lines)
    return ("\n".join(quoted) + "\n").encode()


def keepass_entry(account: Account, strings: dict[str, str], *, protected: bool = False) -> str:
    fields = {"Title": account.issuer, "UserName": account.name, "Password": "pw"} | strings
    mark = ' Protected="True"' if protected else ' ProtectInMemory="True"'
    texts = "".join(
        f"<String><Key>{escape(key)}</Key><Value{mark}>{escape(value)}</Value></String>"
        for key, value in fields.items()
    )
    history = "<History><Entry><UUID>AA==</UUID></Entry></History>"
    return f"<Entry><UUID>AA==</UUID><IconID>0</IconID><Tags/>{texts}<Times/>{history}</Entry>"


def keepass_document(*entries: str, deleted: Sequence[str] = ()) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<KeePassFile><Meta>'
        "<Generator>KeePassXC</Generator><RecycleBinUUID>Qg==</RecycleBinUUID></Meta><Root><Group>"
        f"<UUID>QQ==</UUID><Name>Root</Name><Group><UUID>Qg==</UUID><Name>Recycle Bin</Name>"
        f"{''.join(deleted)}</Group>{''.join(entries)}</Group></Root></KeePassFile>\n"
    ).encode()


def keepassxc_xml(accounts: Sequence[Account]) -> bytes:
    return keepass_document(*(keepass_entry(a, {"otp": uri(a)}) for a in accounts))


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


PLAIN = {
    "google": google,
    "aegis": aegis,
    "andotp": andotp,
    "2fas": twofas,
    "bitwarden": bitwarden_json,
    "bitwarden csv": bitwarden_csv,
    "freeotp+": freeotp_plus,
    "raivo": raivo,
    "ente": ente,
    "keepassxc": keepassxc_xml,
    "keepassxc csv": keepassxc_csv,
}
ENCRYPTED = {
    "aegis": aegis_encrypted,
    "andotp": andotp_encrypted,
    "andotp before 0.6.3": andotp_before_0_6_3,
    "2fas": twofas_encrypted,
    "bitwarden": bitwarden_encrypted,
    "bitwarden argon2": lambda accounts, password: bitwarden_encrypted(
        accounts, password, argon2=True
    ),
    "ente": ente_encrypted,
}
