"""Reads PSKC files (RFC 6030): plain, or encrypted with a pre-shared AES key or a passphrase
(PBKDF2).

python-pskc decrypts and verifies MACs, but also accepts keys without one; here the MAC is required
(RFC 6030 section 6.2). XML signatures are not verified: use `pskctool --verify`, and read what it
prints, because it exits with 0 whatever it finds.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, NamedTuple
from xml.etree.ElementTree import Element

from pskc import PSKC
from pskc.exceptions import PSKCError
from pskc.key import Key
from pskc.parser import PSKCParser

from host_tools.errors import ExitCode, KodebrikError
from host_tools.exchange import (
    hash_names,
    key_package,
    secret_fields,
    text_encoding,
)
from host_tools.exchange.key_package import KeyPackage, bad
from host_tools.exchange.pskc import policy, schema, xml
from host_tools.exchange.sealed_tokens import SealedTokens
from host_tools.exchange.token_file import NO_OPTIONS, ReadOptions, Remarks, TokenFile
from host_tools.messages.catalogue import Argument, Message
from host_tools.secret import Secret

_MAX_ITERATIONS = 10_000_000  # about ten seconds; bounds what a hostile file can cost
_MAX_KEY = 64  # bytes
_KIND = re.compile(
    r"(?:urn:ietf:params:xml:ns:keyprov:pskc[:#]|http://www\.ietf\.org/keyprov/pskc#)?"
    r"(hotp|totp|ocra)(?:-1)?",
    re.IGNORECASE,
)
_DIGITS, _PERIOD, _COUNTER = 6, 30, 0  # where a file does not say them
_UNUSED = {"totp": ("Counter",), "hotp": ("TimeInterval",), "ocra": ("TimeInterval",)}
_NUMBER = re.compile(r"[0-9]{1,19}")


def recognises(content: bytes) -> bool:
    """Say whether a file is XML, and so to be read as PSKC."""
    return text_encoding.start(content).startswith("<")


class _Survey(NamedTuple):
    """What a first pass over a file finds: its head, which is all that stands outside of key
    packages, wherever in the file; the number of packages; whether any value is encrypted."""

    head: Element
    packages: int
    encrypted: bool


def read(file: BinaryIO, options: ReadOptions = NO_OPTIONS) -> TokenFile:
    """Give all keys of a file, which is read twice: for its head, then key by key. KodebrikError
    names the first invalid one.

    The key of the options is the encryption key that was agreed on, 16, 24 or 32 bytes. With it or
    a passphrase, an unencrypted key is refused too: whoever can replace the file could have added
    it.
    """
    key, passphrase, progress = options.key, options.passphrase, options.progress
    root, count, encrypted = _survey(file)
    remarks, document = Remarks(), PSKC()
    if root.get("Version", "1.0").strip() not in ("1", "1.0"):
        raise bad("pskc-version")
    if root.find("EncryptionKey/X509Data") is not None:
        raise bad("pskc-for-certificate")
    if root.find("Signature") is not None:
        remarks.warn(Message("place-file"), Message("pskc-signature-unverified"))
    schema.check(Message("place-head"), root, remarks)
    if not count:
        raise bad("pskc-empty")
    with _pskc_errors(Message("place-head")):
        PSKCParser.parse_document(document, root)
    if encrypted:
        _set_key(document, root, key, passphrase)
    found = SealedTokens()
    for number, package in enumerate(xml.Document(file), 1):
        where = _where(number, package)
        schema.check(where, package, remarks)
        _check_protection(where, package, root, bool(key or passphrase))
        found.add(_read_package(document, where, package, remarks), where)
        document.devices.clear()
        if progress:
            progress(number, count)
    return TokenFile("pskc", found, remarks, encrypted)


def _survey(file: BinaryIO) -> _Survey:
    document, packages, encrypted = xml.Document(file), 0, False
    for package in document:
        packages += 1
        encrypted = encrypted or next(package.iter("EncryptedValue"), None) is not None
    return _Survey(document.root, packages, encrypted)


def _set_key(document: PSKC, root: Element, key: Secret | None, passphrase: Secret | None) -> None:
    encryption = document.encryption
    derivation = encryption.derivation
    if derivation.algorithm:
        if passphrase is None:
            raise _not_decrypted("pskc-needs-passphrase")
        iterations, size = derivation.pbkdf2_iterations or 0, derivation.pbkdf2_key_length or 0
        if not 0 < iterations <= _MAX_ITERATIONS or not 0 < size <= _MAX_KEY:
            raise bad(
                "pskc-too-costly",
                rounds=iterations,
                size=size,
                most_rounds=_MAX_ITERATIONS,
                most_size=_MAX_KEY,
            )
        with _pskc_errors(Message("place-head")):
            encryption.derive_key(passphrase.reveal())
    elif key is None:
        raise _not_decrypted("pskc-needs-key")
    else:
        encryption.key = key.reveal()
    if root.find("MACMethod/MACKey") is not None:
        try:
            document.mac.key = document.mac.key  # decrypted once, not for every value
        except (PSKCError, ValueError):
            raise _not_decrypted("pskc-wrong-key") from None


def _check_protection(where: str, package: Element, root: Element, must_be_encrypted: bool) -> None:
    values = [value for data in package.iter("Data") for value in data]
    secrets = [value for value in values if value.tag == "Secret"]
    if must_be_encrypted and any(value.find("EncryptedValue") is None for value in secrets):
        raise bad("pskc-key-unencrypted", where=where)
    for value in values:
        encrypted, mac = value.find("EncryptedValue"), (value.findtext("ValueMAC") or "").strip()
        if encrypted is None:
            if mac:
                raise bad("pskc-element-unknown", where=where, element=f"{value.tag}/ValueMAC")
            continue
        if value.find("PlainValue") is not None:
            raise bad("pskc-twice", where=where, element=f"{value.tag}/PlainValue")
        for text in (encrypted.findtext("CipherData/CipherValue") or "", mac):
            if text:
                secret_fields.base64_bytes(where, text)
        method = encrypted.find("EncryptionMethod")
        if method is not None and "#kw-" in method.get("Algorithm", ""):
            continue  # key wrapping (RFC 3394) carries its own check
        if root.find("MACMethod") is None or not mac:
            raise bad("pskc-without-mac", where=where)


def _read_package(document: PSKC, where: str, package: Element, remarks: Remarks) -> KeyPackage:
    keys = package.findall("Key")
    if len(keys) != 1:
        raise bad("pskc-package-keys", where=where, count=len(keys))
    element, algorithm = keys[0], (keys[0].get("Algorithm") or "").strip()
    if not algorithm:
        raise bad("pskc-kind-missing", where=where)
    found = _KIND.fullmatch(algorithm)
    if found is None:
        raise bad("pskc-kind", where=where, kind=algorithm[: key_package.MAX_SERIAL])
    kind = found[1].lower()
    policy.check(where, package, kind, remarks)
    _leave_out(element, kind, remarks)
    device = document.add_device()
    with _pskc_errors(where):
        PSKCParser.parse_key_package(device, package)
    key: Key = device.keys[0]
    if element.find("Data/Secret") is None:
        raise bad("pskc-without-secret", where=where)
    secret = _secret(where, element, key)
    suite = _text(element, "AlgorithmParameters/Suite")
    serial = _serial(where, package, element, remarks)
    digits = _digits(where, element, kind, suite, remarks)
    return key_package.make(
        where,
        serial=serial,
        secret=secret,
        kind=kind,
        name=_name(element, remarks),
        algorithm=hash_names.choose(where, suite, len(secret), remarks) if kind != "ocra" else "",
        digits=digits,
        period=_value(where, element, key, "TimeInterval", remarks) if kind == "totp" else _PERIOD,
        counter=_value(where, element, key, "Counter", remarks) if kind != "totp" else None,
        suite=suite,
        manufacturer=_text(package, "DeviceInfo/Manufacturer") or None,
        model=_text(package, "DeviceInfo/Model") or None,
    )


def _leave_out(key: Element, kind: str, remarks: Remarks) -> None:
    """Take out the data that other kinds of key have; some servers write them for every key."""
    data = key.find("Data")
    for name in _UNUSED[kind]:
        unused = None if data is None else data.find(name)
        if data is not None and unused is not None:
            data.remove(unused)
            remarks.pass_over(f"Data/{name}")


def _secret(where: str, element: Element, key: Key) -> Secret:
    plain = element.find("Data/Secret/PlainValue")
    if plain is not None:
        return Secret(secret_fields.base64_secret(where, plain.text or ""))
    with _pskc_errors(where):
        secret = key.secret
    if not secret:
        raise bad("pskc-without-secret", where=where)
    return Secret(secret)


def _value(where: str, element: Element, key: Key, name: str, remarks: Remarks) -> int:
    """Give a number of the key's data, or the usual one with a warning."""
    value = element.find(f"Data/{name}")
    if value is None:
        usual = _PERIOD if name == "TimeInterval" else _COUNTER
        remarks.warn(where, Message("pskc-assumed", element=f"Data/{name}", value=usual))
        return usual
    plain = value.find("PlainValue")
    if plain is not None:
        return _number(where, f"{name}/PlainValue", plain.text)
    with _pskc_errors(where):
        number = key.time_interval if name == "TimeInterval" else key.counter
    if number is None:
        raise bad("pskc-value-invalid", where=where, element=name)
    return int(number)


def _digits(where: str, element: Element, kind: str, suite: str, remarks: Remarks) -> int:
    """Give the number of digits; KodebrikError when an OCRA suite has another."""
    name = "ResponseFormat/@Length"
    response = element.find("AlgorithmParameters/ResponseFormat")
    said = None if response is None else response.get("Length")
    digits = None if said is None else _number(where, name, said)
    if kind == "ocra":
        policy.check_suite(where, element, suite, digits)
    elif digits is None:
        remarks.warn(where, Message("pskc-assumed", element=name, value=_DIGITS))
    return _DIGITS if digits is None else digits


def _number(where: str, element: str, text: str | None) -> int:
    found = _NUMBER.fullmatch((text or "").strip())
    if found is None:
        raise bad("pskc-value-invalid", where=where, element=element)
    return int(found[0])


def _serial(where: str, package: Element, key: Element, remarks: Remarks) -> str:
    serial, identifier = _text(package, "DeviceInfo/SerialNo"), (key.get("Id") or "").strip()
    if serial and identifier not in ("", serial):
        remarks.pass_over("Key/@Id")
    if identifier and not serial:
        remarks.warn(where, Message("pskc-serial-assumed"))
    return serial or identifier


def _name(key: Element, remarks: Remarks) -> str:
    name, issuer = _text(key, "FriendlyName"), _text(key, "Issuer")
    if name and issuer:
        remarks.pass_over("Key/Issuer")
    return name or issuer


def _text(element: Element, path: str) -> str:
    return (element.findtext(path) or "").strip()


def _where(number: int, package: Element) -> str:
    serial = (package.findtext("DeviceInfo/SerialNo") or "").strip()
    if not serial:
        key = package.find("Key")
        serial = key.get("Id", "") if key is not None else ""
    shown = "".join(letter for letter in serial if letter.isprintable())[: key_package.MAX_SERIAL]
    return (
        Message("place-key-of-token", number=number, serial=shown)
        if shown
        else Message("place-key", number=number)
    )


@contextmanager
def _pskc_errors(where: str) -> Iterator[None]:
    """Turn errors of python-pskc into KodebrikError, without their texts, which may quote
    secrets."""
    try:
        yield
    except PSKCError as error:
        if "MAC value" in str(error):
            raise bad("pskc-wrong-mac", where=where) from None
        raise bad("pskc-key-unreadable", where=where) from None
    except (ValueError, TypeError, OverflowError):
        raise bad("pskc-value-invalid", where=where, element="Data") from None


def _not_decrypted(identifier: str, **arguments: Argument) -> KodebrikError:
    return KodebrikError(identifier, ExitCode.WRONG_KEY, **arguments)
