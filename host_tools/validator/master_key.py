"""The master key, which wraps the data keys that seal secrets: from a file, the environment or a PKCS#11 device.

A provider wraps and unwraps 32 bytes; the key itself may never leave its device.
"""

from typing import Protocol

from host_tools.secret import Secret

KEY_SIZE = 32  # bytes; AES-256


class MasterKey(Protocol):
    """What wraps data keys. `identity` tells master keys apart and nothing of their value."""

    @property
    def identity(self) -> str:
        """Give up to 64 characters that name this key."""

    def wrap(self, data_key: Secret, context: bytes) -> bytes:
        """Encrypt `data_key`, authenticated together with `context`."""

    def unwrap(self, wrapped: bytes, context: bytes) -> Secret:
        """Give the data key back; KodebrikError when key, bytes or context are others."""
