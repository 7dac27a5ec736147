"""The hash of a token's codes: its names in files, and the one rule for files that do not name it.

A token whose hash is not named has SHA-1, unless its secret has 32 or 64 bytes, the output of
SHA-256 and SHA-512 (RFC 6238 section 5.1 wants keys of that length): then it has that hash. LinOTP
and privacyIDEA read CSV files by the same rule. An otpauth URI always names its hash, for its
format defines that none means SHA-1, and writers leave that out. Either way, whoever reads a secret
of 32 or 64 bytes without a name is warned, and told which hash was taken.
"""

import re

from host_tools.exchange.key_package import bad
from host_tools.exchange.token_file import Remarks
from host_tools.messages.catalogue import Message

_NAME = re.compile(r"(?:HMAC)?[-_ ]?SHA[-_ ]?(1|256|512)", re.IGNORECASE)
_OF_SIZE = {32: "SHA256", 64: "SHA512"}  # bytes of the secret
_MOST_SHOWN = 16  # characters; longer text is no name, and may be a secret in the wrong place


def is_name(text: str) -> bool:
    """Say whether `text` names a hash: SHA256, sha-256, HmacSHA256, HMAC-SHA-256 …"""
    return _NAME.fullmatch(text.strip()) is not None


def parse(where: str, text: str) -> str:
    """Give the hash that a file names, "SHA1", "SHA256" or "SHA512"; KodebrikError for another."""
    found = _NAME.fullmatch(text.strip())
    if found is None:
        shown = text if len(text) <= _MOST_SHOWN and text.isprintable() else "…"
        raise bad("key-hash-unknown", where=where, name=shown)
    return f"SHA{found[1]}"


def choose(
    where: str, named: str | None, secret_size: int, remarks: Remarks, defined: str | None = None
) -> str:
    """Give the hash that a file names. Where it names none: the one that the format has `defined`
    for this, or that of the secret's size (bytes), with a warning for 32 and 64 bytes."""
    if named and named.strip():
        return parse(where, named)
    if secret_size not in _OF_SIZE:
        return defined or "SHA1"
    algorithm = defined or _OF_SIZE[secret_size]
    remarks.warn(where, Message("hash-assumed", size=secret_size, algorithm=algorithm))
    return algorithm
