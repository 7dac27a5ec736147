"""Reads PSKC files (RFC 6030): plain, or encrypted with a pre-shared AES key or a passphrase
(PBKDF2).

python-pskc decrypts and verifies MACs, but also accepts keys without one; here the MAC is required
(RFC 6030 section 6.2). XML signatures are not verified: use `pskctool --verify`, and read what it
prints, because it exits with 0 whatever it finds.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from xml.etree.ElementTree import Element

from pskc import PSKC
from pskc.exceptions import PSKCError
from pskc.key import Key
from pskc.parser import PSKCParser

from host_tools.errors import ExitCode, KodebrikError
from host_tools.exchange import key_package, pskc_xml, text_encoding
from host_tools.exchange.key_package import KeyPackage, bad
from host_tools.exchange.token_file import NO_OPTIONS, ReadOptions, Remarks, TokenFile
from host_tools.messages.catalogue import Argument, Message
from host_tools.secret import Secret

_MAX_ITERATIONS = 10_000_000  # about ten seconds; bounds what a hostile file can cost
_MAX_KEY = 64  # bytes
_KINDS = {"hotp": "hotp", "totp": "totp", "ocra": "ocra", "ocra-1": "ocra"}
# The token clock's reading when the file was written: not used, and in privacyIDEA's files in
# seconds, which python-pskc cannot parse.
_IGNORED = ("Time", "TimeDrift")


def recognises(content: bytes) -> bool:
    """Say whether a file is XML, and so to be read as PSKC."""
    return text_encoding.start(content).startswith("<")


def read(content: bytes, options: ReadOptions = NO_OPTIONS) -> TokenFile:
    """Give all keys of a file; KodebrikError names the first invalid one.

    The key of the options is the encryption key that was agreed on, 16, 24 or 32 bytes. With it or
    a passphrase, an unencrypted key is refused too: whoever can replace the file could have added
    it.
    """
    key, passphrase, progress = options.key, options.passphrase, options.progress
    root = pskc_xml.parse(content)
    packages = root.findall("KeyPackage")
    root[:] = [element for element in root if element.tag != "KeyPackage"]
    if not packages:
        raise bad("pskc-empty")
    document = PSKC()
    with _pskc_errors(Message("place-head")):
        PSKCParser.parse_document(document, root)
    encrypted = any(next(package.iter("EncryptedValue"), None) is not None for package in packages)
    if encrypted:
        _set_key(document, root, key, passphrase)
    found = []
    for number, package in enumerate(packages, 1):
        where = _where(number, package)
        _check_protection(where, package, root, bool(key or passphrase))
        found.append((_read_package(document, where, package), where))
        if progress:
            progress(number, len(packages))
    key_package.check_distinct((item.serial, where) for item, where in found)
    return TokenFile("pskc", [item for item, _ in found], Remarks())


def needs(content: bytes) -> str | None:
    """Say what decrypts the file: "passphrase", "key", or None when nothing in it is encrypted."""
    root = pskc_xml.parse(content)
    if root.find("EncryptionKey/DerivedKey") is not None:
        return "passphrase"
    return "key" if next(root.iter("EncryptedValue"), None) is not None else None


def _set_key(document: PSKC, root: Element, key: Secret | None, passphrase: Secret | None) -> None:
    encryption = document.encryption
    derivation = encryption.derivation
    if root.find("EncryptionKey/X509Data") is not None:
        raise bad("pskc-for-certificate")
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
        method = value.find("EncryptedValue/EncryptionMethod")
        if value.find("EncryptedValue") is None or (
            method is not None and "#kw-" in method.get("Algorithm", "")
        ):
            continue  # key wrapping (RFC 3394) carries its own check
        if root.find("MACMethod") is None or not (value.findtext("ValueMAC") or "").strip():
            raise bad("pskc-without-mac", where=where)


def _read_package(document: PSKC, where: str, package: Element) -> KeyPackage:
    for data in package.iter("Data"):
        for value in [value for value in data if value.tag in _IGNORED]:
            data.remove(value)
    device = document.add_device()
    with _pskc_errors(where):
        PSKCParser.parse_key_package(device, package)
    if len(device.keys) != 1:
        raise bad("pskc-package-keys", where=where, count=len(device.keys))
    key: Key = device.keys[0]
    with _pskc_errors(where):
        secret, counter, interval = key.secret, key.counter, key.time_interval
    if key.policy.unknown_policy_elements:
        raise bad("pskc-policy", where=where)
    if not secret:
        raise bad("pskc-without-secret", where=where)
    kind = _KINDS.get((key.algorithm or "").replace("#", ":").rpartition(":")[2].lower())
    if kind is None:
        raise bad("pskc-kind", where=where, kind=str(key.algorithm))
    if (key.response_encoding or "DECIMAL").upper() != "DECIMAL":
        raise bad("pskc-not-decimal", where=where)
    suite = (key.algorithm_suite or "").strip()
    return key_package.make(
        where,
        serial=(key.serial or key.id or "").strip(),
        secret=Secret(secret),
        kind=kind,
        name=key.friendly_name or key.issuer or "",
        algorithm=_hash(suite) if kind != "ocra" else "",
        digits=key.response_length or 6,
        period=interval or 30,
        counter=counter,
        suite=suite,
        manufacturer=key.manufacturer or None,
        model=key.model or None,
    )


def _hash(suite: str) -> str:
    """Give the hash of a HOTP or TOTP key's Suite: SHA256, SHA-256, HMAC-SHA256 and HmacSHA256 are
    all in use, because RFC 6030 does not define the format."""
    return suite.upper().replace("-", "").removeprefix("HMAC") or "SHA1"


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
        raise bad("pskc-value-invalid", where=where) from None


def _not_decrypted(identifier: str, **arguments: Argument) -> KodebrikError:
    return KodebrikError(identifier, ExitCode.WRONG_KEY, **arguments)
