"""CSV files of tokens in the dialects of vendors and other servers (sources: csv_dialects.py)."""

import io

import pytest

from host_tools.errors import KodebrikError
from host_tools.exchange import otpauth
from host_tools.exchange.csv import dialects as csv_dialects
from host_tools.exchange.key_package import KeyPackage
from host_tools.exchange.token_file import ReadOptions

HEX = "3132333435363738393031323334353637383930"
BASE32 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
SECRET = b"12345678901234567890"


def facts(token: KeyPackage) -> tuple:
    it = token.credential
    return (
        token.serial,
        it.kind,
        it.algorithm,
        it.digits,
        it.period if it.counter is None else it.counter,
    )


def read(text: str, kind: str | None = None) -> list[KeyPackage]:
    return list(csv_dialects.read(io.BytesIO(text.encode()), ReadOptions(kind=kind)).tokens)


def refused(text: str | bytes, kind: str | None = None) -> str:
    content = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(KodebrikError) as error:
        csv_dialects.read(io.BytesIO(content), ReadOptions(kind=kind))
    assert "Nothing was imported." in error.value.hint
    for secret in (HEX, BASE32):
        assert secret not in error.value.message + error.value.hint
    return error.value.message


def test_the_upload_file_of_microsoft_entra():
    head = "upn,serial number,secret key,time interval,manufacturer,model\r\n"
    # Microsoft's own example; its secret could be taken for hexadecimal.
    (token,) = read(
        head + "Helga@contoso.com,1234567,2234567abcdef2234567abcdef22,60,Contoso,HardwareKey\r\n"
    )
    assert facts(token) == ("1234567", "totp", "SHA1", 6, 60)
    assert len(token.credential.secret) == 17
    assert (token.manufacturer, token.model) == ("Contoso", "HardwareKey")


def test_a_vendors_delivery_for_entra_has_no_users_yet():
    head = "serial number,secret key,time interval,manufacturer,model\n"
    tokens = read(
        head
        + (
            f"10001001,{BASE32},30,Deepnet "
            f"Security,SafeID/Classic\n10001002,{BASE32.lower()},60,D,S\n"
        )
    )
    assert [facts(token)[:1] + facts(token)[4:] for token in tokens] == [
        ("10001001", 30),
        ("10001002", 60),
    ]
    assert {token.credential.secret.reveal() for token in tokens} == {SECRET}


def test_oath_csv_of_privacyidea_and_netiq():
    tokens = read(
        f"# a comment\nT1, {HEX}, totp, 8, 60\nH1,{HEX},hotp,6,42\nT2,{HEX},TOTP\n"
        f"S2,{'ab' * 32},totp,6,30\nS5,{'ab' * 64},hotp,6\nO1,{HEX},ocra,OCRA-1:HOTP-SHA1-6:QN08\n"
    )
    assert [facts(token) for token in tokens] == [
        ("T1", "totp", "SHA1", 8, 60),
        ("H1", "hotp", "SHA1", 6, 42),
        ("T2", "totp", "SHA1", 6, 30),
        ("S2", "totp", "SHA256", 6, 30),
        ("S5", "hotp", "SHA512", 6, 0),
        ("O1", "totp", "SHA1", 6, 30),
    ]
    assert tokens[5].suite == "OCRA-1:HOTP-SHA1-6:QN08"


def test_oath_csv_of_version_2_has_the_user_in_front():
    (token,) = read(f"# version: 2\nsofie, users, bank.dk, T1, {HEX}, totp, 6, 30\n")
    assert facts(token) == ("T1", "totp", "SHA1", 6, 30)


def test_the_csv_export_of_pi_tokenjanitor():
    tokens = read(f"n/a, T1, {HEX}, totp, 6, 60\nsofie@bank.dk, H1, {HEX}, hotp, 8\n")
    assert [facts(token) for token in tokens] == [
        ("T1", "totp", "SHA1", 6, 60),
        ("H1", "hotp", "SHA1", 8, 0),
    ]


@pytest.mark.parametrize(("kind", "moving"), [("totp", 60), ("hotp", 60)])
def test_pairs_with_period_or_counter_need_to_be_told_their_kind(kind: str, moving: int):
    lines = f"7001,{HEX},60\n7002,{HEX}\n"
    first, second = read(lines, kind)
    assert facts(first) == ("7001", kind, "SHA1", 6, moving)
    assert facts(second)[1] == kind
    assert "Line 1 (7001) does not say" in refused(lines)


def test_the_log_of_the_yubikey_personalization_tool():
    traditional = (
        "LOGGING START,11.12.13 18:50\nOATH-HOTP,11.12.13 "
        f"18:55,1,ubom01234567,,{HEX},,,0,0,0,8,0,0,0,0,0,0\n"
    )
    assert [facts(token) for token in read(traditional)] == [("ubom01234567", "hotp", "SHA1", 8, 0)]
    yubico = f"508326,,0,{HEX},,2013-12-12T08:41:07,\n1382042,,0,{HEX},,2013-12-12T08:41:17,\n"
    assert [token.serial for token in read(yubico)] == ["508326", "1382042"]


def test_other_kinds_of_yubikey_are_refused():
    aes = (
        "Yubico OTP,12/11/2013 "
        "11:10,1,vvgutbiedkvi,ab86c04de6a3,d26a7c0f85fdda28bd816e406342b214,,,0,0,0,0,0,0,0,0\n"
    )
    assert "Line 1 is of the kind Yubico OTP" in refused(aes)
    mixed = (
        f"508326,,0,{HEX},,2013-12-12T08:41:07,\n"
        f"508327,cccccccccccc,83cebdfb7b93,{HEX},,2013-12-12T08:43:17,\n"
    )
    assert "Line 2 of the YubiKey log is not of an OATH-HOTP" in refused(mixed)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_columns_by_name_in_any_order_and_delimiter(delimiter: str):
    lines = [
        ("Model", "Digits", "Secret", "Type", "Serial", "Hash", "Interval", "Remark"),
        ('"a, b"', "8", f"hex:{HEX}", "totp", "K-1", "HMAC-SHA256", "30", "spare"),
    ]
    (token,) = read("\ufeff" + "\n".join(delimiter.join(line) for line in lines))
    assert facts(token) == ("K-1", "totp", "SHA256", 8, 30)
    assert token.model == "a, b"
    assert token.credential.secret.reveal() == SECRET


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "holds no token"),
        ("# nothing but a comment\n", "holds no token"),
        (f"T1,{HEX},totp\nT2,{HEX[:-1]},totp\n", "Line 2 (T2): The secret is not hexadecimal"),
        (f"T1,{HEX},totp\nT2,{HEX[:20]},totp\n", "Line 2 (T2): The secret has 80 bits"),
        (f"T1,{HEX},totp\nT2,nohex,totp\n", "Line 2 (T2)"),
        (f"T1,{HEX},totp\nT2,,totp\n", "Line 2 (T2): The secret is empty"),
        (f"serial,hex,kind\nT1,{HEX},totp\nT2,,totp\n", "Line 3 (T2): The secret is empty"),
        (f"T1,{HEX},totp\n,{HEX},totp\n", "Line 2 has no usable serial number"),
        (f"T1,{HEX},totp,6,30\nT2,{HEX},totp,x,30\n", "Line 2 (T2): its digits is not a number"),
        (f"T1,{HEX},totp,6,45\n", "valid for 45 s"),
        (f"T1,{HEX},totp,10,30\n", "codes of 10 digits"),
        (f"T1,{HEX},motp,6\n", "is of the kind motp"),
        (f"O1,{HEX},ocra\n", "no usable OCRA suite"),
        (
            f"T1,{HEX},totp\nT2,{HEX},totp\nT1,{HEX},totp\n",
            "The serial number T1 stands twice: Line 1 (T1); Line 3 (T1).",
        ),
        (f"1.23457E+11,{HEX},totp\n", "spreadsheet"),
        (f'T1,"{HEX},totp\n', "Line 1 is not CSV"),
        (f"serial,secret,serial number,kind\n1,{HEX},2,totp\n", "names the serial twice"),
        (f"serial,secret,kind\nT1,{HEX}\n", "Line 2 has 2 fields, the first line 3"),
        (f"serial,secret,kind\nT1,{BASE32[:15]}A,totp\n", "Line 2 (T1)"),
        (b"\xe6\xf8\xe5,1\n", "neither UTF-8 nor UTF-16"),
        (b"a" * (25 * 2**20), "more than 1,048,576 characters"),
    ],
)
def test_what_is_wrong_is_named_with_its_line_and_stops_the_import(
    text: str | bytes, complaint: str
):
    assert complaint in refused(text)


@pytest.mark.parametrize(
    "text", [f"{HEX},T1,totp,6,30", f"{BASE32},{BASE32},totp", f"T1,{HEX},{BASE32}"]
)
def test_a_secret_in_the_wrong_column_is_not_repeated(text: str):
    refused(text)


def test_a_list_of_otpauth_uris():
    content = (
        f"otpauth://totp/T1?secret={BASE32}&period=60&issuer=privacyIDEA\n\n"
        f"otpauth://hotp/bank:H1?secret={BASE32}&counter=7&digits=8&algorithm=SHA256\n"
    )
    assert [facts(token) for token in otpauth.read(content.encode()).tokens] == [
        ("T1", "totp", "SHA1", 6, 60),
        ("H1", "hotp", "SHA256", 8, 7),
    ]
    for wrong, complaint in (
        (content + "https://example.org\n", "Line 4: This is not an otpauth URI"),
        (
            content + f"otpauth://totp/sofie%20hansen?secret={BASE32}",
            "Line 4 has no usable serial number",
        ),
        (content + content.splitlines()[0], "stands twice: Line"),
        ("\n", "no otpauth URI"),
    ):
        with pytest.raises(KodebrikError, match=complaint) as error:
            otpauth.read(wrong.encode())
        assert BASE32 not in error.value.message
