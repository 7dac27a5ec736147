"""The token's primitives for Noise (revision 34, sections 4 and 12): 25519, ChaChaPoly, SHA256.

The host implements the same functions with another library; protocol/noise.py takes either. X25519
is loaded for a handshake alone: modules.py forgets it.
"""

from firmware.crypto import chacha20poly1305
from firmware.otp.hmac import digest
from firmware.otp.hmac import hmac as _hmac

__all__ = ["decrypt", "dh", "encrypt", "hash", "hmac", "public_key"]


def public_key(private: bytes) -> bytes:
    """Return the 32-byte public key of a 32-byte private key."""
    from firmware.crypto import x25519

    return x25519.public_key(private)


def dh(private: bytes, public: bytes) -> bytes:
    """Return what the two keys share, 32 bytes; ValueError for a point of small order."""
    from firmware.crypto import x25519

    return x25519.x25519(private, public)


def encrypt(key: bytes, counter: int, ad: bytes, plaintext: bytes) -> bytes:
    """Return ciphertext || 16-byte tag under the 64-bit message counter."""
    return chacha20poly1305.encrypt(key, _nonce(counter), plaintext, ad)


def decrypt(key: bytes, counter: int, ad: bytes, ciphertext: bytes) -> bytes:
    """Return the plaintext; ValueError when any argument differs from encrypt()'s by a bit."""
    return chacha20poly1305.decrypt(key, _nonce(counter), ciphertext, ad)


def hash(data: bytes) -> bytes:
    """Return the SHA-256 digest."""
    return digest("SHA256", data)


def hmac(key: bytes, data: bytes) -> bytes:
    """Return the HMAC-SHA-256."""
    return _hmac("SHA256", key, data)


def _nonce(counter: int) -> bytes:
    return bytes(4) + counter.to_bytes(8, "little")
