"""Files in formats of one maker alone, known for what they are and not read: vendors' formats of
tokens, for which PSKC or CSV can be had, and apps' own files, instead of which their export can.

Marks: LinOTP's and privacyIDEA's importotp.py (SafeNet), RSA's Token Converter guide (SDTID),
Deepnet's token file format, and the header "DH FILE=" of OneSpan's DPX.
"""

import re
from collections.abc import Callable
from typing import NamedTuple, NoReturn

from host_tools.errors import KodebrikError
from host_tools.exchange.authenticators.parsing import recognition
from host_tools.exchange.key_package import bad
from host_tools.exchange.token_file import ReadOptions

NAME = "own format"
_BASE64 = re.compile(rb"[A-Za-z0-9+/\s]{200,}={0,2}")


class VendorFormat(NamedTuple):
    """A vendor's own format: who asks whom, and how its files are recognised."""

    vendor: str
    format: str
    recognises: Callable[[bytes], bool]


class AppFile(NamedTuple):
    """An app's file that is not the export which is read."""

    app: str
    recognises: Callable[[bytes], bool]


def _root(*names: str) -> Callable[[bytes], bool]:
    return lambda content: recognition.xml_root(content) in names


def _json(*names: str) -> Callable[[bytes], bool]:
    return lambda content: recognition.has_json_names(content, *names)


def _mark(*marks: bytes) -> Callable[[bytes], bool]:
    return lambda content: content.startswith(marks)


def _dpx(content: bytes) -> bool:
    start = content[:4096].lower()
    return b"dh file=" in start and b" version=" in start


def _deepnet(content: bytes) -> bool:
    return recognition.xml_root(content) == "data" and b"<manufacturerCode>" in content[:4096]


VENDOR_FORMATS = (
    VendorFormat("Thales (SafeNet, Aladdin)", "eToken XML", _root("tokens")),
    VendorFormat("RSA", "SecurID XML (SDTID)", _root("tknbatch")),
    VendorFormat("OneSpan (VASCO)", "DIGIPASS DPX", _dpx),
    VendorFormat("Deepnet Security", "DualShield XML", _deepnet),
)
APP_FILES = (
    AppFile("Stratum (Authenticator Pro)", _json("Authenticators")),
    AppFile("Stratum (Authenticator Pro)", _mark(b"AUTHENTICATORPRO", b"AuthenticatorPro")),
    AppFile("Proton Authenticator", _json("entries", "content", "entry_type")),
    AppFile("Steam", _json("shared_secret")),
    AppFile("Duo Mobile", _json("accountType", "otpGenerator")),
    AppFile("FreeOTP", _mark(b"\xac\xed\x00\x05")),
)


def recognises(content: bytes) -> bool:
    """Say whether a file's content is one of these."""
    return _refusal(content) is not None


def read(content: bytes, options: ReadOptions) -> NoReturn:
    """Raise the KodebrikError that says what the file is and what to do."""
    refusal = _refusal(content)
    assert refusal is not None  # noqa: S101 - recognises() is asked before
    raise refusal


def _refusal(content: bytes) -> KodebrikError | None:
    for vendor in VENDOR_FORMATS:
        if vendor.recognises(content):
            return bad("vendor-format", vendor=vendor.vendor, format=vendor.format)
    for app in APP_FILES:
        if app.recognises(content):
            return bad("app-file", app=app.app)
    if content.startswith(b"\x03\xd9\xa2\x9a"):
        return bad("keepass-database")
    if content.startswith(b"SQLite format 3\0"):
        return bad("app-database")
    if recognition.xml_root(content) == "map":
        return bad("app-settings")
    # One run of base64 without any separator, as encrypted exports are.
    return bad("text-encoded") if _BASE64.fullmatch(content.strip()) else None
