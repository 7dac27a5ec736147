"""Secrets in the fields of files: base32, hexadecimal and base64, each clean in its whole field.

Certain repairs are made: lower case, groups with blanks or dashes, missing padding. What two
encodings could have written is refused, because a wrong guess would give wrong codes.
"""

import base64
import binascii
import re
from collections.abc import Callable

from host_tools.errors import KodebrikError
from host_tools.exchange.key_package import bad
from host_tools.exchange.token_file import Remarks
from host_tools.messages.catalogue import Message
from host_tools.otp import secret_text
from host_tools.secret import Secret

_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_ALSO_HEX = re.compile(r"(?:[0-9a-f]{2}){16,}|(?:[0-9A-F]{2}){16,}")
_ALSO_BASE32 = re.compile(r"[A-Z2-7]{26,}")


def hexadecimal(where: str, text: str) -> Secret:
    """Decode hexadecimal digits; KodebrikError begins with `where`."""
    return _placed(where, lambda: secret_text.parse(f"hex:{text}"))


def base32(where: str, text: str, remarks: Remarks) -> Secret:
    """Decode base32 (RFC 4648 section 6); KodebrikError begins with `where`."""
    secret = _placed(where, lambda: secret_text.decode_base32(text))
    warn_of_spare_bits(where, text, secret, remarks)
    return secret


def either(where: str, text: str, remarks: Remarks) -> Secret:
    """Decode base32 or hexadecimal, with or without a mark ("hex:"); KodebrikError, beginning with
    `where`, also for what could be either."""
    secret = _placed(where, lambda: secret_text.parse(text))
    _, _, bare = text.rpartition(":")
    warn_of_spare_bits(where, bare, secret, remarks)
    return secret


def base64_bytes(where: str, text: str) -> bytes:
    """Decode base64 (RFC 4648 section 4), maybe in lines; KodebrikError, beginning with `where`,
    for other letters, a wrong length or padding, and for bits that no byte holds."""
    bare = "".join(text.split())
    padded = bare if "=" in bare else bare + "=" * (-len(bare) % 4)
    if not _BASE64.fullmatch(bare):
        raise bad("base64-invalid", where=where)
    try:
        decoded = base64.b64decode(padded, validate=True)
    except binascii.Error:
        raise bad("base64-invalid", where=where) from None
    if base64.b64encode(decoded).decode() != padded:
        raise bad("base64-invalid", where=where)
    return decoded


def base64_secret(where: str, text: str) -> bytes:
    """Decode a secret in base64 as base64_bytes(); KodebrikError also for text that is more likely
    hexadecimal or base32: random bytes give such base64 less than once in a million times."""
    bare = "".join(text.split())
    base32_length = len(bare) % 8 not in (1, 3, 6)
    if _ALSO_HEX.fullmatch(bare) or (_ALSO_BASE32.fullmatch(bare) and base32_length):
        raise bad("base64-ambiguous", where=where)
    return base64_bytes(where, text)


def warn_of_spare_bits(where: str, text: str, secret: Secret, remarks: Remarks) -> None:
    """Warn when base32 ends in bits that no byte holds: every decoder leaves them out."""
    bare = re.sub(r"[\s=-]+", "", text).upper()
    written = secret_text.encode_base32(secret)
    if len(bare) == len(written) and bare != written:
        remarks.warn(where, Message("base32-spare-bits"))


def _placed(where: str, decode: Callable[[], Secret]) -> Secret:
    try:
        return decode()
    except KodebrikError as error:
        raise bad("key-invalid", where=where, what=error.message, advice=error.hint) from None
