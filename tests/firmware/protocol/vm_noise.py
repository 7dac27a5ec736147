"""Driver: Noise parties with the token's own crypto functions, kept by name between calls."""

from firmware.crypto import primitives
from firmware.protocol import claim, keys
from firmware.protocol.noise import Handshake

_handshakes = {}
_ciphers = {}


def start(name: str, pattern: int, initiator: bool, prologue: bytes, psk, ephemeral: bytes):
    """Start a handshake under a name."""
    _handshakes[name] = Handshake(primitives, pattern, initiator, prologue, psk, ephemeral)


def write(name: str, payload: bytes) -> bytes:
    """Return the party's next handshake message."""
    return _handshakes[name].write(payload)


def read(name: str, message: bytes) -> bytes:
    """Return the payload of the peer's message."""
    return _handshakes[name].read(message)


def finished(name: str) -> bool:
    """Return True after both messages."""
    return _handshakes[name].finished


def handshake_hash(name: str) -> bytes:
    """Return the handshake hash."""
    return _handshakes[name].hash


def split(name: str):
    """Make the two ciphers of a finished handshake."""
    _ciphers[name] = _handshakes[name].split()


def encrypt(name: str, plaintext: bytes) -> bytes:
    """Return the next transport message that this party sends."""
    return _ciphers[name][0].encrypt(plaintext)


def decrypt(name: str, ciphertext: bytes) -> bytes:
    """Return the plaintext of the next transport message that this party receives."""
    return _ciphers[name][1].decrypt(ciphertext)


def commitment(nonce: bytes) -> bytes:
    """See firmware.protocol.claim."""
    return claim.commitment(primitives, nonce)


def comparison_number(hash_of_handshake: bytes, nonce_host: bytes, nonce_token: bytes) -> str:
    """See firmware.protocol.claim."""
    return claim.comparison_number(primitives, hash_of_handshake, nonce_host, nonce_token)


def fingerprint(access_key: bytes, secret: bytes) -> bytes:
    """See firmware.protocol.keys."""
    return keys.fingerprint(primitives.hmac, access_key, secret)
