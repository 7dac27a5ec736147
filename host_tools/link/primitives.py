"""The host's primitives of the Noise cipher suite, from the package cryptography: X25519,
ChaCha20-Poly1305 and SHA-256."""

import hashlib
import hmac as _hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305


def dh(private: bytes, public: bytes) -> bytes:
    """Give the X25519 shared secret; ValueError when it is all zero (RFC 7748 section 6.1)."""
    return X25519PrivateKey.from_private_bytes(private).exchange(
        X25519PublicKey.from_public_bytes(public)
    )


def public_key(private: bytes) -> bytes:
    """Give the X25519 public key of a 32-byte private key."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def encrypt(key: bytes, nonce_counter: int, ad: bytes, plaintext: bytes) -> bytes:
    """Give ciphertext and tag (Noise section 12.3: the nonce is 32 zero bits and the little-endian
    counter)."""
    return ChaCha20Poly1305(key).encrypt(_nonce(nonce_counter), plaintext, ad)


def decrypt(key: bytes, nonce_counter: int, ad: bytes, ciphertext: bytes) -> bytes:
    """Give the plaintext; ValueError when the tag is wrong."""
    try:
        return ChaCha20Poly1305(key).decrypt(_nonce(nonce_counter), ciphertext, ad)
    except InvalidTag:
        raise ValueError("wrong tag") from None


def hash(data: bytes) -> bytes:
    """Give SHA-256."""
    return hashlib.sha256(data).digest()


def hmac(key: bytes, data: bytes) -> bytes:
    """Give HMAC-SHA-256."""
    return _hmac.digest(key, data, "sha256")


def _nonce(counter: int) -> bytes:
    return bytes(4) + counter.to_bytes(8, "little")
