"""One direction of an encrypted session, of the Noise protocol (revision 34, section 5.1).
`primitives` as in noise.py."""

if False:
    from firmware.interfaces import Primitives  # type: ignore[unreachable]


class Cipher:
    """One direction of a session (CipherState, section 5.1). Messages must arrive once each and in
    order."""

    def __init__(self, primitives: "Primitives", key: bytes, counter: int = 0):
        """Start at message number `counter` of a 32-byte key."""
        self._primitives = primitives
        self._key = key
        self._counter = counter

    def copy(self) -> "Cipher":
        """Return another one that goes on from here."""
        return Cipher(self._primitives, bytes(memoryview(self._key)), self._counter)

    def encrypt(self, plaintext: bytes, ad: bytes = b"") -> bytes:
        """Return ciphertext || tag of the next message."""
        ciphertext = self._primitives.encrypt(self._key, self._counter, ad, plaintext)
        self._counter += 1
        return ciphertext

    def decrypt(self, ciphertext: bytes, ad: bytes = b"") -> bytes:
        """Return the plaintext of the next message. A ValueError leaves the counter as it is, so
        that the genuine message can still follow."""
        plaintext = self._primitives.decrypt(self._key, self._counter, ad, ciphertext)
        self._counter += 1
        return plaintext
