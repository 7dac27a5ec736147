"""KeePassXC and KeePass 2: every way in which an entry can hold its one-time code."""

import pytest

from host_tools.errors import KodebrikError
from host_tools.exchange import formats
from host_tools.exchange.key_package import KeyPackage
from tests.support.exports.accounts import ACCOUNTS, SIXTY, Account, uri
from tests.support.exports.password_managers import keepass_document, keepass_entry

BASE32 = ACCOUNTS[0].base32
SECRET = ACCOUNTS[0].secret


def read(strings: dict[str, str], account: Account = ACCOUNTS[0]) -> KeyPackage:
    (token,) = formats.read_content(keepass_document(keepass_entry(account, strings))).tokens
    return token


def facts(token: KeyPackage) -> tuple[object, ...]:
    it = token.credential
    moving = it.period if it.counter is None else it.counter
    return it.kind, it.algorithm, it.digits, moving


def refused(content: bytes) -> str:
    with pytest.raises(KodebrikError) as error:
        formats.read_content(content)
    assert "Nothing was imported." in error.value.hint
    assert BASE32 not in error.value.message
    return error.value.message


@pytest.mark.parametrize(
    ("strings", "expected"),
    [
        ({"otp": uri(ACCOUNTS[0])}, ("totp", "SHA1", 6, 30)),
        ({"otp": f"key={BASE32}&size=8&step=60"}, ("totp", "SHA1", 8, 60)),
        ({"otp": f"key={BASE32}&otpHashMode=Sha256"}, ("totp", "SHA256", 6, 30)),
        ({"TOTP Seed": BASE32, "TOTP Settings": "60;8"}, ("totp", "SHA1", 8, 60)),
        ({"TimeOtp-Secret-Base32": BASE32}, ("totp", "SHA1", 6, 30)),
        (
            {
                "TimeOtp-Secret-Hex": SECRET.hex(),
                "TimeOtp-Algorithm": "HMAC-SHA-512",
                "TimeOtp-Length": "8",
                "TimeOtp-Period": "60",
            },
            ("totp", "SHA512", 8, 60),
        ),
        ({"TimeOtp-Secret": SECRET.decode()}, ("totp", "SHA1", 6, 30)),
        (
            {"HmacOtp-Secret-Base64": "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=", "HmacOtp-Counter": "9"},
            ("hotp", "SHA1", 6, 9),
        ),
    ],
)
def test_each_way_is_read(strings: dict[str, str], expected: tuple[object, ...]):
    token = read(strings)
    assert token.serial == "sofie"
    assert token.credential.name == "Bank:sofie"
    assert token.credential.secret.reveal() == SECRET
    assert facts(token) == expected


def test_an_otpauth_uri_in_an_entry_keeps_its_parameters():
    assert facts(read({"otp": uri(SIXTY)}, SIXTY)) == ("totp", "SHA256", 7, 60)


@pytest.mark.parametrize(
    ("strings", "complaint"),
    [
        ({"TOTP Seed": BASE32}, "does not say its TOTP Settings"),
        ({"TOTP Settings": "30;6"}, "does not say its TOTP Seed"),
        ({"TOTP Seed": BASE32, "TOTP Settings": "30"}, "TOTP Settings has no value"),
        ({"TOTP Seed": BASE32, "TOTP Settings": "30;6;http://t"}, "TOTP Settings has no value"),
        ({"TOTP Seed": BASE32, "TOTP Settings": "30;S"}, "of the kind Steam"),
        ({"otp": uri(ACCOUNTS[0]), "TimeOtp-Secret": "x"}, "otp and TimeOtp-Secret do not agree"),
        (
            {"TimeOtp-Secret": "x" * 20, "TimeOtp-Secret-Hex": "ab" * 20},
            "TimeOtp-Secret-Hex and TimeOtp-Secret do not agree",
        ),
        ({"TimeOtp-Algorithm": "HMAC-SHA-256"}, "does not say its TimeOtp-Secret-Base32"),
        (
            {"TimeOtp-Secret-Base32": BASE32, "TimeOtp-Algorithm": "HMAC-MD5"},
            "TimeOtp-Algorithm has no value",
        ),
        ({"TimeOtp-Secret-Base32": BASE32, "TimeOtp-Offset": "3"}, "not known: TimeOtp-Offset"),
        (
            {"HmacOtp-Secret-Base32": BASE32, "HmacOtp-Counter": "-1"},
            "HmacOtp-Counter has no value",
        ),
        ({"HmacOtp-Secret-Base32": BASE32, "HmacOtp-Length": "8"}, "not known: HmacOtp-Length"),
        ({"TimeOtp-Secret-Hex": "abc"}, "TimeOtp-Secret-Hex has no value"),
        ({"otp": f"key={BASE32}&type=Steam"}, "not known: otp.type"),
        ({"otp": f"key={BASE32}&key={BASE32}"}, "says otp twice"),
        ({"otp": f"key={BASE32}&size=six"}, "otp.size has no value"),
        ({"otp": "key"}, "otp has no value"),
        ({"otp": uri(ACCOUNTS[0]) + "&encoder=steam"}, "special alphabet"),
    ],
)
def test_what_is_not_understood_is_refused_by_name(strings: dict[str, str], complaint: str):
    assert complaint in refused(keepass_document(keepass_entry(ACCOUNTS[0], strings)))


def test_encrypted_values_doubled_strings_and_unknown_elements_are_refused():
    protected = keepass_entry(ACCOUNTS[0], {"otp": "AAAA"}, protected=True)
    assert "otp is encrypted" in refused(keepass_document(protected))
    entry = keepass_entry(ACCOUNTS[0], {"otp": uri(ACCOUNTS[0])})
    string = f"<String><Key>otp</Key><Value>{BASE32}</Value></String>"
    doubled = entry.replace("<Times/>", string)
    assert "says otp twice" in refused(keepass_document(doubled))
    unknown = entry.replace("<Times/>", "<OneTimePad/>")
    assert "OneTimePad" in refused(keepass_document(unknown))


def test_entries_without_a_code_and_the_recycle_bin_are_passed_over():
    plain = keepass_entry(ACCOUNTS[1], {"Security question": "?"})
    kept = keepass_entry(ACCOUNTS[0], {"otp": uri(ACCOUNTS[0])})
    deleted = keepass_entry(ACCOUNTS[2], {"otp": uri(ACCOUNTS[2])})
    file = formats.read_content(keepass_document(plain, kept, deleted=[deleted]))
    assert [token.serial for token in file.tokens] == ["sofie"]
    assert "Recycle Bin" in file.remarks.passed_over


def test_hostile_xml_is_refused():
    whole = keepass_document(keepass_entry(ACCOUNTS[0], {"otp": uri(ACCOUNTS[0])}))
    bomb = whole.replace(
        b"<KeePassFile>", b'<!DOCTYPE KeePassFile [<!ENTITY a "x">]>\n<KeePassFile>', 1
    )
    with pytest.raises(KodebrikError):
        formats.read_content(bomb)
    for end in range(80, len(whole) - 2, 9):
        assert refused(whole[:end])
    assert "elements" in refused(whole + b"<" * 1_500_001)
