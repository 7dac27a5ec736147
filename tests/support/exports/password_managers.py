"""Exports of Bitwarden and KeePassXC as they write them, apart from the code that reads them."""

import base64
import csv
import hashlib
import hmac
import io
import os
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from tests.support.exports.accounts import UUID, Account, as_json, uri


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
