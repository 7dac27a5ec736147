"""Files of the field that were once read as another token, each by its right value.

The secret is the ASCII text 12345678901234567890 unless said.
"""

from base64 import b32encode, b64encode
from pathlib import Path

import pytest

from host_tools.errors import KodebrikError
from host_tools.exchange import formats
from host_tools.exchange.token_file import TokenFile

CASES = Path(__file__).with_name("cases")
PSKC = "urn:ietf:params:xml:ns:keyprov:pskc"
SECRET = b"12345678901234567890"


def read(name: str) -> TokenFile:
    return formats.read_content((CASES / name).read_bytes())


def refused(name: str) -> str:
    with pytest.raises(KodebrikError) as error:
        read(name)
    assert "Nothing was imported." in error.value.hint
    return error.value.message


@pytest.mark.parametrize(
    ("name", "serial", "algorithm", "period"),
    [
        ("a1-csv-hash-column.csv", "LT-0001", "SHA256", 30),
        ("b14-pskc-utf16be.xml", "PK0014", "SHA1", 30),
        ("c1-entra-hashfunction.csv", "E0001", "SHA256", 30),
        ("c2-excel-text-guard.csv", "00012345", "SHA1", 30),
        ("c5-csv-utf16.csv", "E0005", "SHA1", 30),
        ("c6-sep-line.csv", "E0006", "SHA1", 30),
        ("d1-bare-issuer.txt", "KD0007", "SHA1", 30),
        ("d2-plus-label.txt", "KD0008", "SHA1", 30),
        ("d3-hmac-name.txt", "KD0009", "SHA256", 30),
        ("d4-comment-line.txt", "KD0010", "SHA1", 30),
    ],
)
def test_read_rightly(name: str, serial: str, algorithm: str, period: int):
    (token,) = read(name).tokens
    it = token.credential
    assert (token.serial, it.secret.reveal(), it.algorithm) == (serial, SECRET, algorithm)
    assert (it.kind, it.digits, it.period, it.counter) == ("totp", 6, period, None)


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("b4-pskc-pin-in-code.xml", "Key 1 (PK0004) has a PIN that is part of the code"),
        ("b6-pskc-hex-secret.xml", "Key 1 (PK0006): the secret could be hexadecimal"),
        ("b7-pskc-two-secrets.xml", "Key 1 (PK0007) says Data/Secret twice"),
        ("b9-pskc-counter-hex.xml", "value that cannot be read: Counter/PlainValue"),
    ],
)
def test_refused_by_name(name: str, complaint: str):
    assert complaint in refused(name)


def test_a_32_byte_secret_without_a_hash_has_one_rule_and_a_warning():
    found = read("b12-pskc-sha256-by-length.xml")
    assert found.tokens[0].credential.algorithm == "SHA256"
    assert len(found.tokens[0].credential.secret) == 32
    assert any(
        "no hash is named; SHA256 was taken" in warning for warning in found.remarks.warnings
    )


@pytest.mark.parametrize("size", [32, 64])
def test_the_rule_for_a_hash_that_is_not_named_is_one(size: int):
    secret = bytes(range(size))
    base64 = b64encode(secret).decode()
    head = f'<KeyContainer xmlns="{PSKC}"><KeyPackage><Key Id="T1" Algorithm="{PSKC}:totp"><Data>'
    files = [
        f"T1,{secret.hex()},totp,6,30\n",
        f"serial,secret,type\nT1,hex:{secret.hex()},totp\n",
        f"serial,secret key\nT1,{b32encode(secret).decode()}\n",
        f"{head}<Secret><PlainValue>{base64}</PlainValue></Secret></Data></Key></KeyPackage>"
        "</KeyContainer>",
    ]
    for content in files:
        found = formats.read_content(content.encode())
        algorithm = {32: "SHA256", 64: "SHA512"}[size]
        assert found.tokens[0].credential.algorithm == algorithm
        assert any(f"{algorithm} was taken" in warning for warning in found.remarks.warnings)


def test_a_uri_without_a_hash_means_sha1_and_a_long_secret_is_warned_of():
    uri = f"otpauth://totp/T1?secret={b32encode(bytes(32)).decode().rstrip('=')}"
    found = formats.read_content(uri.encode())
    assert found.tokens[0].credential.algorithm == "SHA1"
    assert "SHA1 was taken" in found.remarks.warnings[0]


@pytest.mark.parametrize(
    ("uri", "complaint"),
    [
        ("offset=5", "parameter offset is not understood"),
        ("DIGITS=8&digits=6", "gives its digits twice"),
        ("digits=0x6", "digits is not a number"),
        ("algorithm=md5", "the hash md5 is not known"),
        ("digits", "digits is not a number"),
    ],
)
def test_a_parameter_of_a_uri_is_read_or_refused(uri: str, complaint: str):
    with pytest.raises(KodebrikError, match=complaint):
        formats.read_content(
            f"otpauth://totp/T1?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&{uri}".encode()
        )


def test_the_uri_of_privacyidea_gives_the_serial_number_apart_from_the_label():
    uri = (
        b"otpauth://totp/sofie?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&period=60&digits=8"
        b"&creator=privacyidea&issuer=privacyIDEA&serial=TOTP0001A2B3"
    )
    (token,) = formats.read_content(uri).tokens
    assert (token.serial, token.credential.name) == ("TOTP0001A2B3", "privacyIDEA:sofie")


def test_upper_case_names_of_parameters_are_read():
    uri = b"otpauth://totp/T1?Secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&Digits=8&image=x"
    found = formats.read_content(uri)
    assert found.tokens[0].credential.digits == 8
    assert found.remarks.passed_over == ["image"]
