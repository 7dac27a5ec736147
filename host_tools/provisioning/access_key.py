"""Access keys: the key of one token's link, derived from the issuer key by HKDF-SHA256 (RFC
5869)."""

import hmac

from firmware.protocol.messages import ACCESS_KEY_SIZE
from host_tools.errors import ExitCode, KodebrikError
from host_tools.secret import Secret

_INFO = b"kodebrik access key"


def derive(issuer_key: Secret, serial: str) -> Secret:
    """Give the access key of the token with the twelve-digit `serial`."""
    # RFC 5869 with an empty salt (section 2.2: one hash length of zeros) and one block of output
    # (section 2.3).
    extracted = hmac.digest(bytes(32), issuer_key.reveal(), "sha256")
    return Secret(hmac.digest(extracted, _INFO + serial.encode() + b"\x01", "sha256"))


def fingerprint(key: Secret) -> str:
    """Give 8 bytes of an HMAC, as hexadecimal, that identify an access key without revealing it."""
    return hmac.digest(key.reveal(), b"kodebrik access key fingerprint", "sha256")[:8].hex()


def parse_hex(text: str, what: str) -> Secret:
    """Parse a key of 64 hexadecimal digits (32 bytes); `what` names its origin in the error."""
    try:
        key = bytes.fromhex(text)
    except ValueError:  # its text quotes a digit of the key
        key = b""
    if len(key) != ACCESS_KEY_SIZE:
        raise KodebrikError("access-key-invalid", ExitCode.BAD_INPUT, what=what)
    return Secret(key)
