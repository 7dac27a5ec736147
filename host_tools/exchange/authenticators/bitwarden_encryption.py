"""Opens Bitwarden's password-protected JSON exports
(https://bitwarden.com/help/encrypted-export/, src/format/BitwardenReader.cpp of KeePassXC).

The password's key, by PBKDF2-HMAC-SHA256 or Argon2id, is stretched by HKDF-Expand (RFC 5869) to
two: for AES-256-CBC, and for HMAC-SHA256 over vector and cipher text. Exports that are encrypted
under the account's own key are not read.
"""

import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.padding import PKCS7

from host_tools.exchange.authenticators.parsing import decryption
from host_tools.exchange.authenticators.parsing.json_fields import Fields
from host_tools.exchange.key_package import bad
from host_tools.secret import Secret

APP = "Bitwarden"
_PBKDF2, _ARGON2ID = 0, 1
_AES_CBC_HMAC = "2"
_PARTS = 3  # vector, cipher text and code of an encrypted text
_PASSED_OVER = ("encKeyValidation_DO_NOT_EDIT",)


def decrypted(export: Fields, passphrase: Secret | None) -> bytes:
    """Give the plain JSON of an encrypted export, whose fields this takes."""
    if "passwordProtected" not in export or not export.flag("passwordProtected"):
        raise bad("export-encrypted", app=APP)
    if not passphrase:
        raise decryption.passphrase_missing(APP)
    key = _derived(export, passphrase)
    sealed = export.text("data")
    export.pass_over(*_PASSED_OVER)
    export.finish()
    plain = _opened(export, sealed, key)
    if plain is None:
        raise decryption.passphrase_wrong(APP)
    return plain


def _derived(export: Fields, passphrase: Secret) -> bytes:
    salt = export.text("salt").encode(errors="replace")  # its text, not what it decodes to
    kind, rounds = export.number("kdfType"), export.number("kdfIterations")
    memory = export.number("kdfMemory", 0)  # MiB
    lanes = export.number("kdfParallelism", 0)
    if kind == _PBKDF2:
        return decryption.pbkdf2(passphrase, salt, SHA256(), rounds)
    if kind != _ARGON2ID:
        raise bad("export-encrypted", app=APP)
    hashed = hashlib.sha256(salt).digest()
    return decryption.argon2id(
        passphrase, hashed, passes=rounds, memory=memory * 2**20, lanes=lanes
    )


def _opened(export: Fields, sealed: str, key: bytes) -> bytes | None:
    """Give the plain text, or None when the key does not fit or the text was changed."""
    kind, _, rest = sealed.partition(".")
    parts = rest.split("|")
    if kind != _AES_CBC_HMAC or len(parts) != _PARTS:
        raise bad("export-field-invalid", where=export.where, field="data")
    vector, cipher_text, code = (
        decryption.from_base64(export.where, "data", part) for part in parts
    )
    encryption_key, mac_key = (
        HKDFExpand(algorithm=SHA256(), length=decryption.KEY_SIZE, info=purpose).derive(key)
        for purpose in (b"enc", b"mac")
    )
    expected = hmac.digest(mac_key, vector + cipher_text, "sha256")
    if not hmac.compare_digest(expected, code):
        return None
    decryptor = Cipher(algorithms.AES256(encryption_key), modes.CBC(vector)).decryptor()
    padded = decryptor.update(cipher_text) + decryptor.finalize()
    unpadder = PKCS7(algorithms.AES256.block_size).unpadder()
    return unpadder.update(padded) + unpadder.finalize()
