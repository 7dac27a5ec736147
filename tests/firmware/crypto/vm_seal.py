"""Driver: the storage encryption with each runtime's AES: cryptolib on the VM, cryptography on
CPython."""

from firmware.crypto import seal as module

try:
    import cryptolib

    def aes_ecb(key: bytes):
        """Return the token's AES; mode 1 is ECB."""
        return cryptolib.aes(key, 1).encrypt

except ImportError:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    def aes_ecb(key: bytes):
        """The peer on CPython."""
        return Cipher(algorithms.AES256(key), modes.ECB()).encryptor().update


def seal(key: bytes, nonce: bytes, plaintext: bytes) -> bytes:
    """See firmware.crypto.seal."""
    return module.seal(key, nonce, plaintext, aes_ecb)


def unseal(key: bytes, sealed: bytes) -> bytes:
    """See firmware.crypto.seal."""
    return module.unseal(key, sealed, aes_ecb)
