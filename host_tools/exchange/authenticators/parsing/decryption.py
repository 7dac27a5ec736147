"""Opens encrypted exports: derivation of keys from passwords, within bounds that a file cannot
exceed, and authenticated decryption.
"""

import base64
import binascii

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import HashAlgorithm
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from host_tools.errors import ExitCode, KodebrikError
from host_tools.exchange.key_package import bad
from host_tools.messages.catalogue import Message
from host_tools.secret import Secret

KEY_SIZE = 32  # bytes: AES-256
NONCE_SIZE, TAG_SIZE = 12, 16  # bytes, of AES-GCM
MAX_MEMORY = 2**30  # bytes that a derivation may ask for: what the costliest app writes
MAX_PASSES, MAX_LANES, MIN_SALT = 16, 16, 8  # of Argon2id; RFC 9106 section 3.1
MAX_ROUNDS = 10_000_000  # of PBKDF2, as for PSKC
_MAX_SCRYPT_WORK = 2**20  # n * r * p, about 0.4 s; the apps write 2^18


def scrypt(passphrase: Secret, salt: bytes, *, n: int, r: int, p: int) -> bytes:
    """Derive a key of 32 bytes by scrypt (RFC 7914); KodebrikError for parameters out of bounds."""
    power_of_two = n > 1 and n & (n - 1) == 0
    if not power_of_two or r < 1 or p < 1 or n * r * p > _MAX_SCRYPT_WORK:
        raise bad("export-derivation")
    if 128 * n * r > MAX_MEMORY:
        raise bad("export-derivation")
    return Scrypt(salt=salt, length=KEY_SIZE, n=n, r=r, p=p).derive(passphrase.reveal())


def pbkdf2(passphrase: Secret, salt: bytes, hashing: HashAlgorithm, rounds: int) -> bytes:
    """Derive a key of 32 bytes by PBKDF2 (RFC 8018); KodebrikError for too many rounds."""
    if not 1 <= rounds <= MAX_ROUNDS:
        raise bad("export-derivation")
    derivation = PBKDF2HMAC(algorithm=hashing, length=KEY_SIZE, salt=salt, iterations=rounds)
    return derivation.derive(passphrase.reveal())


def argon2id(passphrase: Secret, salt: bytes, *, passes: int, memory: int, lanes: int) -> bytes:
    """Derive a key of 32 bytes by Argon2id (RFC 9106) with `memory` bytes; KodebrikError for
    parameters out of bounds."""
    kibibytes = memory // 1024
    if not 1 <= passes <= MAX_PASSES or not 1 <= lanes <= MAX_LANES or len(salt) < MIN_SALT:
        raise bad("export-derivation")
    if not 8 * lanes <= kibibytes <= MAX_MEMORY // 1024:
        raise bad("export-derivation")
    derivation = Argon2id(
        salt=salt, length=KEY_SIZE, iterations=passes, lanes=lanes, memory_cost=kibibytes
    )
    return derivation.derive(passphrase.reveal())


def aes_gcm(key: bytes, nonce: bytes, sealed: bytes) -> bytes | None:
    """Give the plain text of AES-256-GCM, whose last 16 bytes are the tag; None when the key does
    not fit or the text was changed."""
    if len(nonce) != NONCE_SIZE or len(sealed) < TAG_SIZE or len(key) != KEY_SIZE:
        return None
    try:
        return AESGCM(key).decrypt(nonce, sealed, None)
    except InvalidTag:
        return None


def from_base64(where: Message, field: str, text: str) -> bytes:
    """Decode base64 with padding (RFC 4648 section 4); KodebrikError names the field otherwise."""
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        value = b""
    if base64.b64encode(value).decode() != text:
        raise bad("export-field-invalid", where=where, field=field)
    return value


def from_hexadecimal(where: Message, field: str, text: str) -> bytes:
    """Decode hexadecimal digits; KodebrikError names the field otherwise."""
    try:
        return binascii.unhexlify(text)
    except (binascii.Error, ValueError):
        raise bad("export-field-invalid", where=where, field=field) from None


def passphrase_missing(app: str) -> KodebrikError:
    """Make the error for an encrypted export that came without its password."""
    return KodebrikError("export-passphrase-missing", ExitCode.WRONG_KEY, app=app)


def passphrase_wrong(app: str) -> KodebrikError:
    """Make the error for an export that the password does not open."""
    return KodebrikError("export-passphrase-wrong", ExitCode.WRONG_KEY, app=app)
