"""The Noise protocol (revision 34, sections 5, 7 and 9) for the two handshake patterns of the link.

    NN:     -> e        NNpsk0:  -> psk, e
            <- e, ee             <- e, ee

Primitives are dh(private, public), public_key(private), encrypt(key, counter, ad, plaintext),
decrypt(...), hash(data) and hmac(key, data); dh and decrypt raise ValueError. Keys and hashes are
32 bytes, tags 16.
"""

from firmware.protocol.cipher import Cipher
from firmware.protocol.messages import PATTERN_NN, PATTERN_NNPSK0

if False:
    from firmware.interfaces import Primitives  # type: ignore[unreachable]

KEY_SIZE = 32
_DEAD = -1
_NAMES = {
    PATTERN_NN: b"Noise_NN_25519_ChaChaPoly_SHA256",
    PATTERN_NNPSK0: b"Noise_NNpsk0_25519_ChaChaPoly_SHA256",
}


class Handshake:
    """One handshake of two messages (HandshakeState and SymmetricState, sections 5.2 and 5.3). The
    initiator calls write, read; the responder read, write; then both split()."""

    def __init__(
        self,
        primitives: "Primitives",
        pattern: int,
        initiator: bool,
        prologue: bytes,
        psk: bytes | None = None,
        ephemeral_private: bytes = b"",
    ):
        """Start. ephemeral_private: 32 fresh random bytes; psk: 32 bytes for PATTERN_NNPSK0, None
        for PATTERN_NN."""
        if pattern not in _NAMES or (psk is not None) != (pattern == PATTERN_NNPSK0):
            raise ValueError("the key does not go with the pattern")
        if len(ephemeral_private) != KEY_SIZE or (psk is not None and len(psk) != KEY_SIZE):
            raise ValueError("keys have 32 bytes")
        self._primitives = primitives
        self._initiator = initiator
        self._psk = psk
        self._private = ephemeral_private
        self._cipher: Cipher | None = None
        name = _NAMES[pattern]
        self._hash = name + bytes(32 - len(name)) if len(name) <= 32 else primitives.hash(name)
        self._chaining_key = self._hash
        self._mix_hash(prologue)
        self._message = 0  # number of the message that comes next, or _DEAD after a failure

    @property
    def finished(self) -> bool:
        """Return True after both messages."""
        return self._message == 2

    @property
    def hash(self) -> bytes:
        """Return the handshake hash of a finished handshake: 32 bytes, equal on both sides and
        unique to the session."""
        if not self.finished:
            raise ValueError("the handshake is not finished")
        return self._hash

    def write(self, payload: bytes = b"") -> bytes:
        """Return this side's message with a payload, which is encrypted except in the first message
        of PATTERN_NN."""
        first = self._begin(writing=True)
        if first and self._psk is not None:
            self._mix_key_and_hash(self._psk)
        public = self._primitives.public_key(self._private)
        self._mix_ephemeral(public)
        if not first:
            self._mix_key(self._primitives.dh(self._private, self._remote))
        ciphertext = payload if self._cipher is None else self._cipher.encrypt(payload, self._hash)
        self._mix_hash(ciphertext)
        self._message = 1 if first else 2
        return public + ciphertext

    def read(self, message: bytes) -> bytes:
        """Return the payload of the peer's message. After a ValueError the handshake cannot be
        used."""
        first = self._begin(writing=False)
        if len(message) < KEY_SIZE:
            raise ValueError("the handshake message is too short")
        if first and self._psk is not None:
            self._mix_key_and_hash(self._psk)
        self._remote = message[:KEY_SIZE]
        self._mix_ephemeral(self._remote)
        if not first:
            self._mix_key(self._primitives.dh(self._private, self._remote))
        ciphertext = message[KEY_SIZE:]
        payload = (
            ciphertext if self._cipher is None else self._cipher.decrypt(ciphertext, self._hash)
        )
        self._mix_hash(ciphertext)
        self._message = 1 if first else 2
        return payload

    def split(self) -> tuple:
        """Return the two ciphers of a finished handshake: (send, receive)."""
        if not self.finished:
            raise ValueError("the handshake is not finished")
        keys = self._hkdf(b"", 2)
        from_initiator = Cipher(self._primitives, keys[0])
        from_responder = Cipher(self._primitives, keys[1])
        return (
            (from_initiator, from_responder)
            if self._initiator
            else (from_responder, from_initiator)
        )

    def _begin(self, writing: bool) -> bool:
        """Check that this side may write or read now; return True for message 1. The handshake
        counts as failed until the caller has finished the message."""
        message = self._message
        self._message = _DEAD
        if message not in (0, 1) or writing != ((message == 0) == self._initiator):
            raise ValueError("a handshake message out of turn")
        return message == 0

    def _mix_ephemeral(self, public: bytes) -> None:
        self._mix_hash(public)
        if self._psk is not None:
            self._mix_key(public)  # section 9.2: the ephemeral key randomises the message key

    def _mix_hash(self, data: bytes) -> None:
        self._hash = self._primitives.hash(self._hash + data)

    def _mix_key(self, key_material: bytes) -> None:
        self._chaining_key, key = self._hkdf(key_material, 2)
        self._cipher = Cipher(self._primitives, key)

    def _mix_key_and_hash(self, key_material: bytes) -> None:
        self._chaining_key, data, key = self._hkdf(key_material, 3)
        self._mix_hash(data)
        self._cipher = Cipher(self._primitives, key)

    def _hkdf(self, key_material: bytes, outputs: int) -> list:
        """Return `outputs` blocks of 32 bytes by the HKDF of section 4.3."""
        hmac = self._primitives.hmac
        temporary = hmac(self._chaining_key, key_material)
        block = b""
        blocks = []
        for number in range(1, outputs + 1):
            block = hmac(temporary, block + bytes((number,)))
            blocks.append(block)
        return blocks
