"""A host for the tests of the token's side: Noise (revision 34) over `cryptography`, CBOR from
`cbor2`.

It is written from the specification and shares only the numbers of the message table with
firmware.protocol, so that an error common to both of our own sides would be found.
"""

import hashlib
import hmac
import os
from collections.abc import Callable

import cbor2
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from firmware.protocol import messages, sentences

Handle = Callable[[bytes], bytes | None]


class LinkError(Exception):
    """The token answered with an error outside a session."""

    def __init__(self, number: int):
        """Keep the error number."""
        super().__init__(sentences.ERRORS[number][0])
        self.number = number


def _hkdf(chaining_key: bytes, material: bytes, outputs: int) -> list[bytes]:
    temporary = hmac.digest(chaining_key, material, "sha256")
    blocks = [b""]
    for number in range(1, outputs + 1):
        blocks.append(hmac.digest(temporary, blocks[-1] + bytes([number]), "sha256"))
    return blocks[1:]


class Handshake:
    """The initiator of a handshake by the pattern NN or NNpsk0."""

    def __init__(self, prologue: bytes, key: bytes | None, payload: bytes):
        """Make message 1. Its payload is encrypted only with a pre-shared `key`."""
        name = (
            b"Noise_NN_25519_ChaChaPoly_SHA256"
            if key is None
            else b"Noise_NNpsk0_25519_ChaChaPoly_SHA256"
        )
        self.h = name if len(name) == 32 else hashlib.sha256(name).digest()
        self.ck = self.h
        self.k: bytes | None = None
        self.psk = key is not None
        self._mix_hash(prologue)
        self.private = X25519PrivateKey.generate()
        public = self.private.public_key().public_bytes_raw()
        if key is not None:
            self.ck, mixed, self.k = _hkdf(self.ck, key, 3)
            self._mix_hash(mixed)
        self._mix_hash(public)
        if self.psk:
            self.ck, self.k = _hkdf(self.ck, public, 2)
            payload = ChaCha20Poly1305(self.k).encrypt(bytes(12), payload, self.h)
        self._mix_hash(payload)
        self.first_message = public + payload

    def finish(self, message: bytes) -> tuple[bytes, bytes, bytes]:
        """Read message 2; give its payload, and the keys for sending and receiving."""
        public, ciphertext = message[:32], message[32:]
        self._mix_hash(public)
        if self.psk:
            self.ck, self.k = _hkdf(self.ck, public, 2)
        shared = self.private.exchange(X25519PublicKey.from_public_bytes(public))
        self.ck, self.k = _hkdf(self.ck, shared, 2)
        payload = ChaCha20Poly1305(self.k).decrypt(bytes(12), ciphertext, self.h)
        self._mix_hash(ciphertext)
        send, receive = _hkdf(self.ck, b"", 2)
        return payload, send, receive

    def _mix_hash(self, data: bytes) -> None:
        self.h = hashlib.sha256(self.h + data).digest()


class HonestClient:
    """A host that keeps to the protocol; `handle(payload)` gives the token's answer."""

    def __init__(self, handle: Handle):
        """Store the token's handler; nothing is sent."""
        self.handle = handle
        self.hello_body = b""

    def exchange(self, kind: int, body: bytes) -> bytes:
        """Send one frame and give the body of the answer; LinkError for an error frame."""
        answer = self.handle(bytes([kind]) + body)
        assert answer, "the token was silent"
        if answer[0] == messages.ERROR:
            raise LinkError(cbor2.loads(answer[1:])["error"])
        assert answer[0] == kind
        return answer[1:]

    def hello(self) -> dict:
        """Request the hello, which needs no authentication, and give it decoded."""
        self.hello_body = self.exchange(messages.HELLO, b"")
        return cbor2.loads(self.hello_body)

    def open(self, key: bytes | None = None) -> "HonestClient":
        """Open a session: with the access key, or without one up to the claim."""
        self.hello()
        self.host_nonce = os.urandom(messages.NONCE_SIZE)
        promised = b"" if key else hashlib.sha256(self.host_nonce).digest()
        handshake = Handshake(messages.PROLOGUE + self.hello_body, key, promised)
        pattern = messages.PATTERN_NNPSK0 if key else messages.PATTERN_NN
        answer = self.exchange(messages.HANDSHAKE, bytes([pattern]) + handshake.first_message)
        token_nonce, self.send_key, self.receive_key = handshake.finish(answer)
        self.sent = self.received = 0
        mac = hmac.digest(handshake.h, self.host_nonce + token_nonce, "sha256")
        self.number = f"{int.from_bytes(mac[:8], 'big') % 10**6:06d}"
        return self

    def seal(self, plaintext: bytes) -> bytes:
        """Encrypt the next transport message to the token; the kind byte precedes it."""
        nonce = bytes(4) + self.sent.to_bytes(8, "little")
        self.sent += 1
        return bytes([messages.TRANSPORT]) + ChaCha20Poly1305(self.send_key).encrypt(
            nonce, plaintext, b""
        )

    def unseal(self, answer: bytes) -> bytes:
        """Decrypt the token's next transport message."""
        nonce = bytes(4) + self.received.to_bytes(8, "little")
        plaintext = ChaCha20Poly1305(self.receive_key).decrypt(nonce, answer[1:], b"")
        self.received += 1
        return plaintext

    def raw(self, plaintext: bytes) -> dict:
        """Send any plaintext inside the session and give the decoded answer; LinkError for an error
        outside it."""
        answer = self.handle(self.seal(plaintext))
        assert answer, "the token was silent"
        if answer[0] == messages.ERROR:
            raise LinkError(cbor2.loads(answer[1:])["error"])
        return cbor2.loads(self.unseal(answer))

    def request(
        self, operation: int, request_id: bytes = b"", /, **args: object
    ) -> tuple[int, dict]:
        """Request one operation; give the error number (0 for none) and the result."""
        request_id = request_id or os.urandom(messages.REQUEST_ID_SIZE)
        answer = self.raw(
            cbor2.dumps({"id": request_id, "op": operation, "args": args}, canonical=True)
        )
        assert answer["id"] == request_id
        assert answer.keys() == {"id", "error", "result"}
        return answer["error"], answer["result"]

    def do(self, operation: int, /, **args: object) -> dict:
        """Request one operation that must succeed; give its result."""
        error, result = self.request(operation, **args)
        assert error == messages.OK, sentences.ERRORS[error][0]
        return result

    def claim(self, kind: str, key: bytes) -> None:
        """Claim a token that has no key, and set its access key."""
        self.open()
        self.do(messages.CLAIM, nonce=self.host_nonce)
        self.do(messages.KEY_SET, kind=kind, key=key)
