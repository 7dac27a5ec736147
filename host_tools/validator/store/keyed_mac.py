"""HMAC-SHA256 under a key that nothing prints."""

from host_tools.otp.keyed_hmac import KeyedHmac
from host_tools.secret import Secret


class KeyedMac:
    """The MACs of one purpose."""

    def __init__(self, key: Secret) -> None:
        """Take the key, 32 bytes."""
        self._mac = KeyedHmac(key.reveal(), "sha256").digest

    def __call__(self, message: bytes) -> bytes:
        """Give the MAC of a message, 32 bytes."""
        return self._mac(message)
