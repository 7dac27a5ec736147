"""Writes PSKC files (RFC 6030), always encrypted: AES-CBC with a MAC for each secret.

A 16-byte key or a passphrase selects the algorithms that every reader must support (RFC 6030
section 6: AES-128-CBC, HMAC-SHA1, PBKDF2), the only ones of privacyIDEA. Longer keys select AES-192
or AES-256 with HMAC-SHA256.
"""

import hmac
from collections.abc import Iterable, Sequence
from io import BytesIO
from itertools import islice
from typing import IO

from pskc import PSKC

from host_tools.errors import ExitCode, KodebrikError
from host_tools.exchange.key_package import KeyPackage
from host_tools.progress import Progress
from host_tools.secret import Secret

KEY_SIZES = (16, 24, 32)  # bytes
# OWASP's figure for PBKDF2-HMAC-SHA1. With another hash python-pskc writes a file that no reader
# understands.
_ITERATIONS = 1_300_000
_PIECE = 100  # keys
_PACKAGE, _PACKAGE_END = b"<pskc:KeyPackage>", b"</pskc:KeyPackage>"
_URN = "urn:ietf:params:xml:ns:keyprov:pskc:"


def write(
    keys: Sequence[KeyPackage],
    key: Secret | None = None,
    passphrase: Secret | None = None,
    progress: Progress | None = None,
) -> bytes:
    """Give the content of a file with `keys`, encrypted under `key` (16, 24 or 32 bytes) or
    `passphrase`."""
    document = _document(key, passphrase)
    for number, item in enumerate(keys, 1):
        _add(document, item)
        if progress:
            progress(number, len(keys))
    content = BytesIO()
    document.write(content)
    return content.getvalue()


def stream(
    keys: Iterable[KeyPackage], output: IO[bytes], key: Secret | None, passphrase: Secret | None
) -> int:
    """Write a file as write() does, of any number of keys in bounded memory; give their number.

    The packages are made in pieces of _PIECE under one key and one MAC key, and put between the
    head and the end of the first piece.
    """
    document = _document(key, passphrase)
    count, head, end = 0, b"", b""
    waiting = iter(keys)
    while piece := list(islice(waiting, _PIECE)):
        document.devices.clear()
        for item in piece:
            _add(document, item)
        made = BytesIO()
        document.write(made)
        content = made.getvalue()
        begins, ends = content.index(_PACKAGE), content.rindex(_PACKAGE_END) + len(_PACKAGE_END)
        if not head:
            head, end = content[:begins], content[ends:]
            output.write(head)
        elif _root(content) != _root(head) or content[ends:] != end:
            raise AssertionError("the pieces of a PSKC file do not fit together")
        output.write(content[begins:ends] + b"\n ")
        count += len(piece)
    output.write(end.lstrip())
    return count


def _root(content: bytes) -> bytes:
    """Give everything up to the start of the root element's content: its name spaces."""
    return content[: content.index(b">", content.index(b"KeyContainer"))]


def _document(key: Secret | None, passphrase: Secret | None) -> PSKC:
    document = PSKC()
    # RFC 6030 requires a name for the key: its fingerprint, which does not reveal it.
    if passphrase is not None:
        document.encryption.setup_pbkdf2(
            passphrase.reveal(), key_name="passphrase", iterations=_ITERATIONS
        )
    elif key is not None and len(key) in KEY_SIZES:
        if len(key) > KEY_SIZES[0]:
            document.mac.setup(algorithm="hmac-sha256")
        document.encryption.setup_preshared_key(
            key=key.reveal(), algorithm=f"aes{8 * len(key)}-cbc", key_name=fingerprint(key)
        )
    else:
        raise KodebrikError("pskc-key-size", ExitCode.BAD_INPUT)
    return document


def fingerprint(key: Secret) -> str:
    """Give 4 bytes of an HMAC, as hexadecimal, that identify an encryption key."""
    return hmac.digest(key.reveal(), b"kodebrik PSKC encryption key", "sha256")[:4].hex()


def _add(document: PSKC, item: KeyPackage) -> None:
    credential = item.credential
    algorithm, usage = (f"{_URN}ocra", "CR") if item.suite else (f"{_URN}{credential.kind}", "OTP")
    added = document.add_key(
        id=item.serial,
        serial=item.serial,
        manufacturer=item.manufacturer or "kodebrik",
        model=item.model,
        algorithm=algorithm,
        # The bare name of the hash is what privacyIDEA understands. It is always written, because
        # readers differ in what a missing one means.
        algorithm_suite=item.suite or credential.algorithm,
        response_encoding="DECIMAL",
        response_length=credential.digits,
        friendly_name=credential.name,
        secret=credential.secret.reveal(),
        counter=credential.counter,
        time_interval=credential.period if not item.suite else None,
    )
    added.policy.key_usage = [usage]
