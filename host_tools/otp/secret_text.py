"""Text forms of secrets: base32 (RFC 4648 section 6) as authenticator apps use it, or
hexadecimal."""

import base64
import binascii
import re
import secrets

from firmware.protocol.messages import MAX_SECRET, MIN_SECRET
from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Argument
from host_tools.secret import Secret

# Bytes: the length of the hash's output (RFC 6238 section 5.1; RFC 4226 section 4 for SHA-1).
_GENERATED_SIZE = {"SHA1": 20, "SHA256": 32, "SHA512": 64}
_BASE32 = re.compile(r"[A-Z2-7]+")
_HEX = re.compile(r"[0-9A-F]+")


def generate(algorithm: str) -> Secret:
    """Draw a random secret of the output length of `algorithm` ("SHA1", "SHA256" or "SHA512")."""
    return Secret(secrets.token_bytes(_GENERATED_SIZE[algorithm]))


def parse(text: str) -> Secret:
    """Parse a secret; spaces, dashes, lower case and missing padding are allowed, and a prefix
    'hex:' or 'base32:'.

    Without the prefix, text that could be either is refused, because a wrong guess would give wrong
    codes. KodebrikError for anything else.
    """
    if text.strip().lower().startswith("otpauth:"):
        raise _bad("secret-is-otpauth")
    marked, separator, rest = text.strip().partition(":")
    kind = marked.strip().lower() if separator else ""
    if kind not in ("", "hex", "base32"):
        raise _bad("secret-mark-unknown")
    letters = _not_empty(rest if separator else text)
    bare = letters.rstrip("=")
    as_base32, as_hex = _is_base32(bare), letters == bare and _is_hex(letters)
    if not kind and as_base32 and as_hex:
        raise _bad("secret-ambiguous")
    if as_base32 and kind != "hex":
        return checked(decode_base32(bare))
    if as_hex and kind != "base32":
        return checked(Secret(bytes.fromhex(letters)))
    if kind == "hex":
        raise _bad("secret-not-hexadecimal")
    raise _bad("secret-not-base32" if kind else "secret-invalid")


def decode_base32(text: str) -> Secret:
    """Decode base32 in any case, with or without spaces and padding; KodebrikError otherwise."""
    bare = _not_empty(text).rstrip("=")
    if not _is_base32(bare):
        raise _bad("secret-not-base32")
    try:
        return Secret(base64.b32decode(bare + "=" * (-len(bare) % 8)))
    except binascii.Error:
        raise _bad("secret-incomplete") from None


def encode_base32(secret: Secret) -> str:
    """Encode a secret as base32 without padding, as in otpauth URIs."""
    return base64.b32encode(secret.reveal()).decode().rstrip("=")


def checked(secret: Secret) -> Secret:
    """Give `secret` back; KodebrikError when its length is not one that tokens accept (RFC 4226
    section 4, R6)."""
    if len(secret) < MIN_SECRET:
        raise _bad("secret-short", bits=len(secret) * 8, least=MIN_SECRET * 8)
    if len(secret) > MAX_SECRET:
        raise _bad("secret-long", size=len(secret), most=MAX_SECRET)
    return secret


def _letters(text: str) -> str:
    """Take out blanks and dashes; upper case of ASCII alone, for other letters may become ASCII."""
    bare = re.sub(r"[\s-]+", "", text)
    return bare.upper() if bare.isascii() else bare


def _not_empty(text: str) -> str:
    letters = _letters(text)
    if not letters:
        raise _bad("secret-empty")
    return letters


def _is_base32(letters: str) -> bool:
    # No number of whole bytes encodes to 1, 3 or 6 characters modulo 8.
    return bool(_BASE32.fullmatch(letters)) and len(letters) % 8 not in (1, 3, 6)


def _is_hex(letters: str) -> bool:
    return bool(_HEX.fullmatch(letters)) and len(letters) % 2 == 0


def _bad(identifier: str, **arguments: Argument) -> KodebrikError:
    return KodebrikError(identifier, ExitCode.BAD_INPUT, **arguments)
