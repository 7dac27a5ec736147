"""Nothing that is sent to the server makes it ask another one, or look up a name: neither files to
import, in whatever way they name an address, nor names, mail addresses or headers.

It speaks to the receiver of the settings alone (tests/host_tools/validator/notices/)."""

import json
import socket

import pytest
from fastapi.testclient import TestClient

from tests.support.validator.application import ApiClient

URL = "http://127.0.0.1:9/internal"
SECRET = "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA="
BASE32 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
PSKC = "urn:ietf:params:xml:ns:keyprov:pskc"
PACKAGE = f"""<KeyPackage><DeviceInfo><SerialNo>S1</SerialNo></DeviceInfo>
  <Key Id="S1" Algorithm="{PSKC}:totp"><AlgorithmParameters><ResponseFormat Length="6"
  Encoding="DECIMAL"/></AlgorithmParameters>
  <Data><Secret><PlainValue>{SECRET}</PlainValue></Secret></Data></Key></KeyPackage>"""


def pskc(before: str = "", attributes: str = "", inside: str = "", package: str = PACKAGE) -> str:
    return (
        f'<?xml version="1.0"?>{before}<KeyContainer Version="1.0" xmlns="{PSKC}" {attributes}>'
        f"{inside}{package}</KeyContainer>"
    )


XLINK = 'xmlns:x="urn:x" xmlns:i="http://www.w3.org/2001/XInclude"'
SCHEMA = f'xmlns:s="http://www.w3.org/2001/XMLSchema-instance" s:schemaLocation="{PSKC} {URL}"'
DSIG = 'xmlns="http://www.w3.org/2000/09/xmldsig#"'
REFERENCE = f"<KeyReference>{URL}</KeyReference>"
RETRIEVAL = f'<RetrievalMethod URI="{URL}"/>'
# Each file with whether it is imported all the same.
FILES = {
    "external DTD": (pskc(f'<!DOCTYPE KeyContainer SYSTEM "{URL}">'), False),
    "public DTD": (pskc(f'<!DOCTYPE KeyContainer PUBLIC "-//X//Y" "{URL}">'), False),
    "entity": (pskc(f'<!DOCTYPE a [<!ENTITY b SYSTEM "{URL}">]>', inside="&b;"), False),
    "parameter entity": (pskc(f'<!DOCTYPE a [<!ENTITY % b SYSTEM "{URL}"> %b;]>'), False),
    "style sheet": (pskc(f'<?xml-stylesheet href="{URL}"?>'), True),
    "schema": (pskc(attributes=SCHEMA), True),
    "XInclude": (pskc(attributes=XLINK, inside=f'<i:include href="{URL}"/>'), True),
    "key reference": (
        pskc(package=PACKAGE.replace("<Data>", f"<KeyReference>{URL}</KeyReference><Data>")),
        False,
    ),
    "retrieval": (
        pskc(inside=f"<Signature {DSIG}><KeyInfo>{RETRIEVAL}</KeyInfo></Signature>"),
        True,
    ),
    "KeePass": (
        f'<!DOCTYPE KeePassFile SYSTEM "{URL}"><KeePassFile><Meta/><Root/></KeePassFile>',
        False,
    ),
    "otpauth": (f"otpauth://totp/S1?secret={BASE32}&issuer=a&image={URL}", True),
    "icon": (f"serial,secret,type,icon\nS1,{BASE32},totp,{URL}\n", True),
    "serial number": (f"serial,secret,type\n{URL},{BASE32},totp\n", True),
    "JSON": (json.dumps({"$ref": URL, "services": [], "schemaVersion": 4}), False),
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Note and refuse whatever this process connects to or looks up."""
    calls: list[object] = []

    def refuse(*arguments: object, **_: object) -> None:
        calls.append(arguments)
        raise ConnectionRefusedError

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    for name in ("getaddrinfo", "gethostbyname", "create_connection"):
        monkeypatch.setattr(socket, name, refuse)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", 9))
    assert calls.pop()
    return calls


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_names_an_address_is_read_without_asking_there(
    administrator: ApiClient, asked: list[object], name: str
) -> None:
    content, comes_in = FILES[name]
    answer = administrator.post("/v1/imports", files={"file": (URL, content.encode())})
    assert answer.status_code == (201 if comes_in else 422), answer.text
    assert asked == []


def test_names_addresses_and_headers_lead_nowhere(
    administrator: ApiClient, client: TestClient, asked: list[object]
) -> None:
    administrator.post("/v1/users", json={"user_id": "eva.holm"})
    for email in ("a@[127.0.0.1]", "a@127.0.0.1", "a@localhost"):
        body = {"email": email, "language": "da", "notify_on_use": True}
        assert administrator.put("/v1/users/eva.holm", json=body).status_code in (200, 422)
    headers = {"Host": "127.0.0.1:9", "X-Forwarded-Host": "127.0.0.1:9", "Referer": URL}
    for path in ("/v1/tokens", f"/v1/tokens?text={URL}", "/admin/sign-in", "/sign-in"):
        assert client.get(path, headers=headers).status_code < 500
    check = {"user_id": "anna.holm", "code": URL}
    assert administrator.post("/v1/checks", json=check, headers=headers).status_code < 500
    assert asked == []
