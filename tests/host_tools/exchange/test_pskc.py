"""PSKC (RFC 6030): what is read and written, and that a faulty file is refused whole."""

import base64
import io
import re
import shutil
import subprocess
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host_tools.errors import KodebrikError
from host_tools.exchange.key_package import KeyPackage
from host_tools.exchange.pskc import reader as pskc_reader
from host_tools.exchange.pskc import writer as pskc_writer
from host_tools.exchange.token_file import ReadOptions
from host_tools.otp.credential import Credential
from host_tools.secret import Secret
from tests.support.vectors import FOLDER

KEY = Secret(bytes(range(16)))
PASSPHRASE = Secret("rødgrød med fløde".encode())
TOKENS = [
    KeyPackage(
        "100000000001",
        Credential("kodebrik", Secret(b"twenty secret bytes.")),
        None,
        "kodebrik",
        "kodeviser",
    ),
    KeyPackage(
        "100000000002",
        Credential("bank", Secret(bytes(32)), "SHA256", 8, 60),
        None,
        "kodebrik",
        "kodeoplaeser",
    ),
    KeyPackage(
        "100000000003",
        Credential("tæller", Secret(bytes(64)), "SHA512", 7, None, 2**40),
        None,
        "kodebrik",
    ),
    KeyPackage(
        "100000000004",
        Credential("signer", Secret(bytes(20)), "SHA1", 8, None, 5),
        "OCRA-1:HOTP-SHA1-8:C-QN08",
        "kodebrik",
    ),
]
ENCRYPTED = pskc_writer.write(TOKENS, key=KEY).decode()
FIRST_MAC = re.search(r"<pskc:ValueMAC>.*?</pskc:ValueMAC>", ENCRYPTED).group()


def read(
    content: bytes, key: Secret | None = None, passphrase: Secret | None = None
) -> list[KeyPackage]:
    return list(pskc_reader.read(io.BytesIO(content), ReadOptions(key, passphrase)).tokens)


def refused(
    content: str | bytes, key: Secret | None = KEY, passphrase: Secret | None = None
) -> str:
    """Give the message with which a file is refused."""
    content = content.encode() if isinstance(content, str) else content
    with pytest.raises(KodebrikError) as error:
        pskc_reader.read(io.BytesIO(content), ReadOptions(key, passphrase))
    assert "Nothing was imported." in error.value.hint
    return error.value.message


def package(
    serial: str,
    data: str,
    algorithm: str = "urn:ietf:params:xml:ns:keyprov:pskc:totp",
    more: str = "",
) -> str:
    return f"""<KeyPackage><DeviceInfo><SerialNo>{serial}</SerialNo></DeviceInfo>
        <Key Id="{serial}" Algorithm="{algorithm}"><AlgorithmParameters>
        <ResponseFormat Length="6" Encoding="DECIMAL"/></AlgorithmParameters>
        <Data>{data}</Data>{more}</Key></KeyPackage>"""


def container(*packages: str) -> bytes:
    return (
        '<KeyContainer Version="1.0" xmlns="urn:ietf:params:xml:ns:keyprov:pskc">'
        f"{''.join(packages)}</KeyContainer>"
    ).encode()


_BASE64 = base64.b64encode(b"12345678901234567890").decode()
PLAIN = f"<Secret><PlainValue>{_BASE64}</PlainValue></Secret>"


@pytest.mark.parametrize(
    ("figure", "key", "passphrase"),
    [
        ("figure6", Secret(bytes.fromhex("12345678901234567890123456789012")), None),
        ("figure7", None, Secret(b"qwerty")),
    ],
)
def test_examples_of_rfc_6030(figure: str, key: Secret | None, passphrase: Secret | None):
    content = (FOLDER / f"rfc6030_{figure}.xml").read_bytes()
    (token,) = read(content, key, passphrase)
    assert token.serial == "987654321"
    assert token.credential.kind == "hotp"
    assert (token.credential.digits, token.credential.counter) == (8, 0)
    assert token.credential.secret.reveal() in (
        b"12345678901234567890",
        bytes.fromhex("3132333435363738393031323334353637383930"),
    )


@pytest.mark.parametrize(
    "protection",
    [
        {"key": KEY},
        {"key": Secret(bytes(24))},
        {"key": Secret(bytes(32))},
        {"passphrase": PASSPHRASE},
    ],
)
def test_what_is_written_is_read_again_and_shows_no_secret(protection: dict):
    content = pskc_writer.write(TOKENS, **protection)
    assert read(content, **protection) == TOKENS
    for token in TOKENS:
        assert base64.b64encode(token.credential.secret.reveal()) not in content
    assert b"PlainValue>MAo" not in content


@pytest.mark.skipif(
    shutil.which("pskctool") is None, reason="pskctool is not installed (Debian's package pskctool)"
)
@pytest.mark.parametrize(
    "protection", [{"key": KEY}, {"key": Secret(bytes(32))}, {"passphrase": PASSPHRASE}]
)
def test_what_is_written_is_valid_by_the_schema_of_rfc_6030(protection: dict, tmp_path):
    (tmp_path / "tokens.pskc").write_bytes(pskc_writer.write(TOKENS, **protection))
    said = subprocess.run(
        ["pskctool", "--validate", tmp_path / "tokens.pskc"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert said.stdout.strip() == "OK", said


def test_without_a_key_nothing_is_written():
    for wrong in ({}, {"key": Secret(bytes(15))}):
        with pytest.raises(KodebrikError, match="16, 24 or 32 bytes"):
            pskc_writer.write(TOKENS, **wrong)


def test_a_stripped_mac_is_refused_and_the_key_named():
    assert "Key 1 (100000000001) has no MAC" in refused(ENCRYPTED.replace(FIRST_MAC, ""))
    assert "Key 1 (100000000001) has no MAC" in refused(
        ENCRYPTED.replace(FIRST_MAC, "<pskc:ValueMAC></pskc:ValueMAC>")
    )
    without_method = re.sub(r"<pskc:MACMethod.*?</pskc:MACMethod>", "", ENCRYPTED, flags=re.DOTALL)
    assert "Key 1 (100000000001) has no MAC" in refused(without_method)


def test_a_wrong_mac_or_value_is_refused_and_the_key_named():
    values = re.findall(r"<pskc:ValueMAC>(.*?)</pskc:ValueMAC>", ENCRYPTED)
    exchanged = ENCRYPTED.replace(values[2], values[0])
    assert "Key 3 (100000000003) has a wrong MAC" in refused(exchanged)
    # the MAC key's is the first
    cipher_values = re.findall(r"<xenc:CipherValue>(.*?)</xenc:CipherValue>", ENCRYPTED)
    assert "Key 2 (100000000002) has a wrong MAC" in refused(
        ENCRYPTED.replace(cipher_values[2], cipher_values[1])
    )


@settings(max_examples=60)
@given(st.data())
def test_no_changed_secret_gets_through(data: st.DataObject):
    values = re.findall(r"<xenc:CipherValue>(.*?)</xenc:CipherValue>", ENCRYPTED)
    old = data.draw(st.sampled_from(values))
    raw = bytearray(base64.b64decode(old))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    refused(ENCRYPTED.replace(old, base64.b64encode(raw).decode()))


def test_the_wrong_key_or_none_or_the_wrong_kind_opens_nothing():
    assert re.search("key or passphrase is another one", refused(ENCRYPTED, Secret(bytes(16))))
    assert "pre-shared key" in refused(ENCRYPTED, None)
    assert "pre-shared key" in refused(ENCRYPTED, None, PASSPHRASE)
    by_passphrase = pskc_writer.write(TOKENS[:1], passphrase=PASSPHRASE)
    assert "passphrase" in refused(by_passphrase, KEY)
    assert "key or passphrase is another one" in refused(
        by_passphrase, None, Secret(b"another phrase")
    )


def test_a_dtd_is_refused_before_any_entity_is_looked_at():
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    head, _, body = ENCRYPTED.partition("?>")
    assert "document type declaration" in refused(f"{head}?>{bomb}{body}")
    assert "document type declaration" in refused(
        f'{head}?><!DOCTYPE x SYSTEM "file:///etc/passwd">{body}'
    )


@pytest.mark.parametrize("namespace", ["urn:ietf:params:xml:ns:keyprov:pskc:1.0", "urn:other", ""])
def test_another_namespace_is_refused(namespace: str):
    content = ENCRYPTED.replace("urn:ietf:params:xml:ns:keyprov:pskc", namespace)
    if namespace:  # XML has no prefix without a namespace
        assert "namespace" in refused(content)
    else:
        plain = (
            container(package("7", PLAIN))
            .decode()
            .replace(' xmlns="urn:ietf:params:xml:ns:keyprov:pskc"', "")
        )
        assert "namespace ''" in refused(plain, None)


def test_a_key_in_another_namespace_is_named():
    foreign = (
        package("8", PLAIN)
        .replace("<Secret>", '<x:Secret xmlns:x="urn:x">')
        .replace("</Secret>", "</x:Secret>")
    )
    assert re.search(
        r"Key 2: the element Secret .* 'urn:x'",
        refused(container(package("7", PLAIN), foreign), None),
    )


def test_an_extension_in_another_namespace_is_passed_over():
    extension = package("7", PLAIN, more='<x:Colour xmlns:x="urn:x">blue</x:Colour>')
    assert read(container(extension))[0].serial == "7"


@pytest.mark.parametrize("share", [0.05, 0.3, 0.7, 0.99])
def test_a_truncated_file_is_refused_and_says_where_it_breaks_off(share: float):
    content = ENCRYPTED[: int(len(ENCRYPTED) * share)]
    keys = content.count("<pskc:KeyPackage")
    assert (f"in key {keys}" if keys else "at line") in refused(content)


def test_a_duplicate_serial_number_is_refused_and_both_keys_named():
    said = refused(container(*(package(serial, PLAIN) for serial in ("7", "8", "7"))), None)
    assert "stands twice" in said
    assert "Key 1 (7)" in said
    assert "Key 3 (7)" in said


@pytest.mark.parametrize(
    "content",
    [
        b" " * 2**24,
        container(package("7", PLAIN, more=f"<Issuer>{'x' * 2**21}</Issuer>")),
        container(package("7", PLAIN, more="<a/>" * 2**20)),
        container(package("7", PLAIN), " " * 2**21),
    ],
)
def test_a_key_that_never_ends_is_refused_before_it_takes_memory(content: bytes):
    tracemalloc.start()
    try:
        assert "has more than 1 MB" in refused(content, None)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 2 * len(content) + 40 * 2**20


def test_what_grows_between_the_keys_is_refused_before_it_takes_memory():
    for filler in ("<a/>" * 3000, f"<a>{'x' * 9000}</a>", f"<a b='{'x' * 9000}'/>"):
        packages = [package(str(number), PLAIN) + filler for number in range(400)]
        assert "far more beside its keys" in refused(container(*packages), None)


def test_encryption_key_and_mac_method_are_found_behind_the_keys_too():
    head = re.search(r"<pskc:EncryptionKey>.*</pskc:MACMethod>", ENCRYPTED, flags=re.DOTALL).group()
    behind = ENCRYPTED.replace(head, "").replace(
        "</pskc:KeyContainer>", f"{head}</pskc:KeyContainer>"
    )
    assert read(behind.encode(), KEY) == TOKENS
    assert "has a wrong MAC" in refused(behind.replace(FIRST_MAC[16:22], "AAAAAA"))


def test_a_fault_in_the_last_key_or_behind_it_is_found_whatever_the_number_of_keys():
    many = [package(str(number), PLAIN) for number in range(1, 2001)]
    assert len(read(container(*many))) == 2000
    assert "Key 2001 (7)" in refused(container(*many, package("7", PLAIN)), None)
    assert "Key 2001 (x) holds no secret" in refused(
        container(*many, package("x", "<Secret/>")), None
    )
    assert "EncryptionKey" in refused(container(*many, "<EncryptionKey/><EncryptionKey/>"), None)
    assert "in key 2000" in refused(container(*many)[:-20], None)


def test_a_plain_key_is_refused_where_an_encrypted_one_was_expected():
    mixed = ENCRYPTED.replace("</pskc:KeyContainer>", package("9", PLAIN) + "</pskc:KeyContainer>")
    mixed = mixed.replace(
        "<KeyPackage>", '<KeyPackage xmlns="urn:ietf:params:xml:ns:keyprov:pskc">'
    )
    assert "Key 5 (9) is not encrypted" in refused(mixed)
    assert "Key 1 (7) is not encrypted" in refused(container(package("7", PLAIN)))
    (token,) = read(container(package("7", PLAIN)))
    assert token.credential.secret.reveal() == b"12345678901234567890"


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        (package("", PLAIN).replace(' Id=""', ""), "no usable serial number"),
        (package("7", "<Counter><PlainValue>1</PlainValue></Counter>"), "no secret"),
        (package("7", "<Secret><PlainValue>MTIz</PlainValue></Secret>"), "24 bits"),
        (package("7", "<Secret><PlainValue>ø</PlainValue></Secret>"), "value that cannot be read"),
        (
            package("7", PLAIN + "<TimeInterval><PlainValue>45</PlainValue></TimeInterval>"),
            "valid for 45 s",
        ),
        (package("7", PLAIN, "urn:ietf:params:xml:ns:keyprov:pskc:pin"), "is of the kind"),
        (package("7", PLAIN, "urn:ietf:params:xml:ns:keyprov:pskc:ocra"), "OCRA suite"),
        (package("7", PLAIN).replace("DECIMAL", "HEXADECIMAL"), "not decimal"),
        (package("7", PLAIN).replace('Length="6"', 'Length="12"'), "codes of 12 digits"),
        (
            package("7", PLAIN).replace("<ResponseFormat", "<Suite>MD5</Suite><ResponseFormat"),
            "the hash MD5 is not known",
        ),
        (package("7", PLAIN, more="<Policy><OnlyOnSundays/></Policy>"), "usage policy"),
        (package("7", PLAIN).replace("<Key ", "<Key Id='8'/><Key "), "holds 2 keys"),
    ],
)
def test_a_key_that_cannot_be_used_is_named_and_stops_the_import(entry: str, complaint: str):
    said = refused(container(package("6", PLAIN), entry), None)
    assert said.startswith("Key 2")
    assert complaint in said


@pytest.mark.parametrize("encoding", ["UTGF-8", "utf-7", "shift_jis", "cp037", "rot13"])
def test_an_encoding_that_cannot_be_read_is_refused(encoding: str):
    said = refused(ENCRYPTED.replace("UTF-8", encoding))
    assert "encoding" in said or "cannot be read" in said


def test_a_file_that_is_no_pskc_is_refused():
    assert "cannot be read" in refused(b"", None)
    assert "cannot be read" in refused(b"PK\x03\x04 a zip", None)
    assert "not PSKC" in refused(b"<html/>", None)
    assert "holds no key" in refused(container(), None)


def test_an_id_that_stands_for_a_serial_number_is_warned_of():
    numbered = package("7", PLAIN)
    unnumbered = numbered.replace("<SerialNo>7</SerialNo>", "")
    both, one = (
        pskc_reader.read(io.BytesIO(container(each, package("8", PLAIN))))
        for each in (numbered, unnumbered)
    )
    for file in (both, one):
        assert [token.serial for token in file.tokens] == ["7", "8"]
    (warning,) = set(one.remarks.warnings) - set(both.remarks.warnings)
    assert warning.startswith("Key 1 (7): it does not say DeviceInfo/SerialNo; Key/@Id was taken")


def test_the_iterations_that_a_file_asks_for_are_bounded():
    content = pskc_writer.write(TOKENS[:1], passphrase=PASSPHRASE).decode()
    endless = content.replace("1300000", "2000000000")
    assert "2,000,000,000 rounds" in refused(endless, None, PASSPHRASE)


def privacyidea_spelling(content: str) -> str:
    """Convert to what privacyIDEA 3.14 exports: its HTML parser makes all names lower case."""
    lowered = re.sub(r"(</?)(\w+:)?(\w+)", lambda name: name[0].lower(), content)
    return re.sub(
        r" (Version|Id|Algorithm|Length|Encoding)=", lambda name: name[0].lower(), lowered
    )


def test_the_lower_case_export_of_privacyidea_is_read():
    original = container(
        package("7", PLAIN + "<TimeDrift><PlainValue>0.0</PlainValue></TimeDrift>")
    ).decode()
    content = privacyidea_spelling(original).replace(
        "<responseformat", '<suite hashalgo="sha256"></suite><responseformat'
    )
    assert "<keypackage>" in content
    (token,) = read(content.encode())
    assert (token.serial, token.credential.algorithm, token.credential.digits) == ("7", "SHA256", 6)
    assert "wrong MAC" in refused(
        privacyidea_spelling(ENCRYPTED).replace(FIRST_MAC[16:22], "AAAAAA")
    )


def test_progress_is_told(monkeypatch: pytest.MonkeyPatch):
    steps: list[tuple[int, int]] = []
    note: Callable[[int, int], None] = lambda done, total: steps.append((done, total))  # noqa: E731
    content = pskc_writer.write(TOKENS, key=KEY, progress=note)
    pskc_reader.read(io.BytesIO(content), ReadOptions(KEY, progress=note))
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)] * 2
