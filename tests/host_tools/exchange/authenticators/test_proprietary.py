"""Vendors' and apps' own files are named as what they are, with what to ask for."""

import base64
import hashlib

import pytest

from host_tools.errors import KodebrikError
from host_tools.exchange import formats
from host_tools.exchange.token_file import ReadOptions
from host_tools.secret import Secret

ALADDIN = b"""<?xml version="1.0" encoding="utf-8"?>
<!-- tokens -->
<Tokens>
<Token serial="000000001"><CaseModel>5</CaseModel><ProductionDate>02/19/2009</ProductionDate>
<ProductName>Safeword Alpine</ProductName><Applications><Application ConnectorID="{a}">
<Seed>123456789ABCDEF0123456789ABCDEF012345678</Seed><MovingFactor>1</MovingFactor>
</Application></Applications></Token></Tokens>"""
SDTID = b"""<?xml version="1.0" encoding="UTF-8"?>
<TKNBatch><TKNHeader><Version>0</Version></TKNHeader></TKNBatch>"""
DPX = b"""ZZ ----------------<        DPGO1 Export File             >------
DH FILE="X.DPX" DATE=27AUG2002 VERSION=1.5 CREATED_BY=BDEV
GL DPGO6 Y
A0 91234582 00000000 00000000 000000 0000000000000000 0000000000000000
"""
DEEPNET = b"""<?xml version="1.0"?>
<data><header><manufacturerCode>DN</manufacturerCode><productCode>ST</productCode></header></data>"""


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (ALADDIN, "a format of Thales (SafeNet, Aladdin), eToken XML"),
        (ALADDIN.replace(b"utf-8", b"utf-16").decode().encode("utf-16"), "eToken XML"),
        (SDTID, "a format of RSA, SecurID XML (SDTID)"),
        (DPX, "a format of OneSpan (VASCO), DIGIPASS DPX"),
        (DEEPNET, "a format of Deepnet Security, DualShield XML"),
    ],
)
def test_a_vendors_own_format_is_named_with_what_to_ask_for(content: bytes, message: str):
    with pytest.raises(KodebrikError) as error:
        formats.read_content(content)
    assert message in error.value.message
    assert "as PSKC (RFC 6030)" in error.value.hint
    assert "Nothing was imported." in error.value.hint


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"Authenticators":[{"Type":2,"Secret":"AA"}],"Categories":[]}', "Stratum"),
        (b"AUTHENTICATORPRO\x1f\x9b", "Stratum"),
        (
            b'{"version":1,"entries":[{"id":"a","content":{"uri":"x","entry_type":"Totp"}}]}',
            "Proton Authenticator",
        ),
        (b'{"shared_secret":"AA==","account_name":"x"}', "Steam"),
        (b'[{"accountType":"OtpAccount","otpGenerator":{"otpSecret":"AA"}}]', "Duo Mobile"),
        (b"\xac\xed\x00\x05sr\x00\x11java.util.HashMap", "FreeOTP"),
        (b"SQLite format 3\0\x10\x00", "SQLite"),
        (b"\x03\xd9\xa2\x9a\x67\xfb\x4b\xb5", "KeePass database"),
        (b"<?xml version='1.0' encoding='utf-8' standalone='yes' ?>\n<map></map>", "Android app"),
        (base64.b64encode(hashlib.sha512(b"x").digest() * 4), "encoded text (base64)"),
        (b'{"something":"else"}', "JSON of no kind"),
        (hashlib.sha512(b"y").digest(), "binary file of no format"),
        (b"PK\x03\x04\x14\x00", "ZIP archive"),
    ],
)
def test_an_apps_own_file_is_named(content: bytes, message: str):
    for options in (ReadOptions(), ReadOptions(passphrase=Secret(b"pw"))):
        with pytest.raises(KodebrikError) as error:
            formats.read_content(content, options)
        assert message in error.value.message
        assert "Nothing was imported." in error.value.hint
