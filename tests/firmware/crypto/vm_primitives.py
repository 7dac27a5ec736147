"""Primitives that firmware/hardware.py passes to the vault, on either runtime."""

import os

random = os.urandom

try:
    import cryptolib

    def aes_ecb(key: bytes):
        """Return AES-ECB for whole blocks."""
        return cryptolib.aes(key, 1).encrypt

except ImportError:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    def aes_ecb(key: bytes):
        """AES on whole blocks."""
        return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update
