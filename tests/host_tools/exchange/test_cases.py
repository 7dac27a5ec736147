"""Files of the field that were once read as another token, each by its right value.

The secret is the ASCII text 12345678901234567890 unless said.
"""

from pathlib import Path

import pytest

from host_tools.errors import KodebrikError
from host_tools.exchange import formats
from host_tools.exchange.token_file import TokenFile

CASES = Path(__file__).with_name("cases")
SECRET = b"12345678901234567890"


def read(name: str) -> TokenFile:
    return formats.read((CASES / name).read_bytes())


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
