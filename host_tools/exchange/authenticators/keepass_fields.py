"""The one-time code of a KeePass entry, out of the four ways in which it can be written.

- "otp": an otpauth:// URI, or KeeOtp's key=…&size=…&step=…&otpHashMode=…
- "TOTP Seed" and "TOTP Settings" ("30;6": period and digits; "30;S" is Steam's)
- "TimeOtp-…" and "HmacOtp-…" of KeePass 2 (https://keepass.info/help/base/placeholders.html#otp)

An entry with two of them is refused.
"""

import re
from urllib.parse import parse_qsl
from xml.etree.ElementTree import Element

from host_tools.exchange import hash_names, secret_fields
from host_tools.exchange.authenticators.entry import ExportedAccount, check_kind, place, printable
from host_tools.exchange.authenticators.parsing import decryption, uris
from host_tools.exchange.key_package import bad
from host_tools.exchange.token_file import Remarks
from host_tools.messages.catalogue import Message
from host_tools.secret import Secret

_DECIMAL = re.compile(r"[0-9]{1,19}")
_ALGORITHMS = {
    name: algorithm
    for algorithm in ("SHA1", "SHA256", "SHA512")
    for name in (algorithm, f"HMAC-{algorithm[:3]}-{algorithm[3:]}")
}
_URI, _SEED, _SETTINGS = "otp", "TOTP Seed", "TOTP Settings"
_TIME, _COUNTER = "TimeOtp-", "HmacOtp-"
_ENCODINGS = ("Secret-Base32", "Secret-Hex", "Secret-Base64", "Secret")
_KNOWN = (
    *(_URI, _SEED, _SETTINGS, "HmacOtp-Counter"),
    *(f"TimeOtp-{name}" for name in ("Algorithm", "Length", "Period")),
    *(prefix + name for prefix in (_TIME, _COUNTER) for name in _ENCODINGS),
)
Names = tuple[str, str]  # issuer, account

_ABOUT_CODES = re.compile("otp", re.IGNORECASE)
_ELEMENTS = (
    *("UUID", "IconID", "CustomIconUUID", "ForegroundColor", "BackgroundColor", "OverrideURL"),
    *("QualityCheck", "Tags", "PreviousParentGroup", "Times", "Binary", "AutoType", "CustomData"),
    *("History", "String"),
)


def entry(number: int, element: Element, remarks: Remarks) -> ExportedAccount | None:
    """Give the entry of an Entry element, or None when it has no one-time code.

    KodebrikError for a code that a token does not support, or that is written twice.
    """
    texts, protected = _strings(place(number), element)
    where = place(number, texts.get("Title", ""))
    codes = {name: texts[name] for name in _KNOWN if texts.get(name)}
    for name, text in texts.items():
        if _ABOUT_CODES.search(name) and name not in _KNOWN and text:
            raise bad("export-field-unknown", where=where, field=printable(name))
    if not codes:
        return None
    for name in codes:
        if name in protected:
            raise bad("export-field-encrypted", where=where, field=name)
    _pass_over(where, element, texts, remarks)
    names = texts.get("Title", ""), texts.get("UserName", "")
    return _entry(where, codes, names, remarks)


def _strings(where: Message, element: Element) -> tuple[dict[str, str], set[str]]:
    """Give the entry's strings by name, and the names of those that are encrypted."""
    texts: dict[str, str] = {}
    protected = set()
    for string in element.findall("String"):
        name, value = string.findtext("Key", ""), string.find("Value")
        if name in texts:
            raise bad("export-field-twice", where=where, field=printable(name))
        texts[name] = "" if value is None else "".join(value.itertext()).strip()
        if value is not None and value.get("Protected", "").lower() == "true":
            protected.add(name)
    return texts, protected


def _pass_over(where: Message, element: Element, texts: dict[str, str], remarks: Remarks) -> None:
    for child in element:
        if child.tag not in _ELEMENTS:
            raise bad("export-field-unknown", where=where, field=printable(child.tag))
        if child.tag != "String":
            remarks.pass_over(child.tag)
    for name, text in texts.items():
        if text and name not in _KNOWN and name not in ("Title", "UserName"):
            remarks.pass_over(printable(name))


def _entry(
    where: Message, codes: dict[str, str], names: Names, remarks: Remarks
) -> ExportedAccount:
    ways = {_way(name): name for name in codes}
    if len(ways) > 1:
        first, second, *_ = ways.values()
        raise bad("export-contradiction", where=where, first=first, second=second)
    (way,) = ways
    if way == _URI:
        text = codes[_URI]
        if "://" in text:
            return uris.entry(where, text, remarks, names)
        return _keeotp(where, text, names, remarks)
    if way == _SEED:
        return _seed(where, codes, names, remarks)
    return _keepass(where, way, codes, names, remarks)


def _way(name: str) -> str:
    if name in (_SEED, _SETTINGS):
        return _SEED
    return next((prefix for prefix in (_TIME, _COUNTER) if name.startswith(prefix)), _URI)


def _keeotp(where: Message, text: str, names: Names, remarks: Remarks) -> ExportedAccount:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError:  # its text may quote the key
        raise bad("export-field-invalid", where=where, field=_URI) from None
    values = dict(pairs)
    for name, _ in pairs:
        if name not in ("key", "size", "step", "otpHashMode"):
            raise bad("export-field-unknown", where=where, field=f"otp.{printable(name)}")
    if len(values) < len(pairs):
        raise bad("export-field-twice", where=where, field=_URI)
    secret = secret_fields.base32(where, values.get("key", ""), remarks)
    algorithm = _algorithm(
        where, "otp.otpHashMode", values.get("otpHashMode"), len(secret), remarks
    )
    return ExportedAccount(
        where,
        "totp",
        secret,
        *names,
        algorithm,
        _number(where, "otp.size", values.get("size", "6")),
        period=_number(where, "otp.step", values.get("step", "30")),
    )


def _seed(where: Message, codes: dict[str, str], names: Names, remarks: Remarks) -> ExportedAccount:
    for name in (_SEED, _SETTINGS):
        if name not in codes:
            raise bad("export-field-missing", where=where, field=name)
    period, _, digits = codes[_SETTINGS].partition(";")
    if digits == "S":
        check_kind(where, "Steam")
    return ExportedAccount(
        where,
        "totp",
        secret_fields.base32(where, codes[_SEED], remarks),
        *names,
        "SHA1",  # this form knows no other
        _number(where, _SETTINGS, digits),
        period=_number(where, _SETTINGS, period),
    )


def _keepass(
    where: Message, prefix: str, codes: dict[str, str], names: Names, remarks: Remarks
) -> ExportedAccount:
    secrets = [name for name in _ENCODINGS if prefix + name in codes]
    if len(secrets) > 1:
        raise bad(
            "export-contradiction",
            where=where,
            first=prefix + secrets[0],
            second=prefix + secrets[1],
        )
    if not secrets:
        raise bad("export-field-missing", where=where, field=prefix + _ENCODINGS[0])
    secret = _secret(where, prefix + secrets[0], codes[prefix + secrets[0]], remarks)
    if prefix == _COUNTER:
        name = "HmacOtp-Counter"
        counter = _number(where, name, codes.get(name, "0"))
        return ExportedAccount(where, "hotp", secret, *names, "SHA1", 6, counter=counter)
    algorithm = _algorithm(
        where, "TimeOtp-Algorithm", codes.get("TimeOtp-Algorithm"), len(secret), remarks
    )
    return ExportedAccount(
        where,
        "totp",
        secret,
        *names,
        algorithm,
        _number(where, "TimeOtp-Length", codes.get("TimeOtp-Length", "6")),
        period=_number(where, "TimeOtp-Period", codes.get("TimeOtp-Period", "30")),
    )


def _secret(where: Message, name: str, text: str, remarks: Remarks) -> Secret:
    if name.endswith("Base32"):
        return secret_fields.base32(where, text, remarks)
    if name.endswith("Hex"):
        return Secret(decryption.from_hexadecimal(where, name, text))
    if name.endswith("Base64"):
        return Secret(decryption.from_base64(where, name, text))
    return Secret(text.encode())


def _algorithm(where: Message, name: str, text: str | None, size: int, remarks: Remarks) -> str:
    if text is None:
        return hash_names.choose(where, None, size, remarks, "SHA1")
    if text.upper() not in _ALGORITHMS:
        raise bad("export-field-invalid", where=where, field=name)
    return _ALGORITHMS[text.upper()]


def _number(where: Message, name: str, text: str) -> int:
    if not _DECIMAL.fullmatch(text):
        raise bad("export-field-invalid", where=where, field=name)
    return int(text)
