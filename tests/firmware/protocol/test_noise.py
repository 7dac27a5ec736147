"""The Noise handshake and session, on both VMs: published vectors, tampering, and the numbers
compared in a claim."""

import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from firmware.protocol.messages import PATTERN_NN, PATTERN_NNPSK0
from firmware.protocol.noise import Handshake
from tests.support.runtime import Runtime, refuses
from tests.support.vectors import load

NOISE = "tests.firmware.protocol.vm_noise"
VECTORS = load("noise_nn_25519_chachapoly_sha256")["vectors"]
PSK = b"\x77" * 32
PATTERNS = pytest.mark.parametrize(
    ("pattern", "psk"), [(PATTERN_NN, None), (PATTERN_NNPSK0, PSK)], ids=["NN", "NNpsk0"]
)


class Peer:
    """An independent implementation over the `cryptography` package."""

    @staticmethod
    def public_key(private: bytes) -> bytes:
        return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()

    @staticmethod
    def dh(private: bytes, public: bytes) -> bytes:
        return X25519PrivateKey.from_private_bytes(private).exchange(
            X25519PublicKey.from_public_bytes(public)
        )

    @staticmethod
    def encrypt(key: bytes, counter: int, ad: bytes, plaintext: bytes) -> bytes:
        return ChaCha20Poly1305(key).encrypt(
            bytes(4) + counter.to_bytes(8, "little"), plaintext, ad
        )

    @staticmethod
    def decrypt(key: bytes, counter: int, ad: bytes, ciphertext: bytes) -> bytes:
        return ChaCha20Poly1305(key).decrypt(
            bytes(4) + counter.to_bytes(8, "little"), ciphertext, ad
        )

    @staticmethod
    def hash(data: bytes) -> bytes:
        return hashlib.sha256(data).digest()

    @staticmethod
    def hmac(key: bytes, data: bytes) -> bytes:
        return hmac.digest(key, data, "sha256")


def start_both(
    runtime: Runtime, pattern: int, psk: bytes | None, prologue: bytes = b"prologue"
) -> None:
    runtime.call(NOISE, "start", "host", pattern, True, prologue, psk, b"\x11" * 32)
    runtime.call(NOISE, "start", "token", pattern, False, prologue, psk, b"\x22" * 32)


def pass_on(runtime: Runtime, sender: str, receiver: str, payload: bytes = b"") -> bytes:
    return runtime.call(NOISE, "read", receiver, runtime.call(NOISE, "write", sender, payload))


def open_session(runtime: Runtime, pattern: int, psk: bytes | None) -> None:
    start_both(runtime, pattern, psk)
    pass_on(runtime, "host", "token")
    pass_on(runtime, "token", "host")
    for name in ("host", "token"):
        runtime.call(NOISE, "split", name)


def flips(data: bytes) -> list[bytes]:
    return [data[:i] + bytes([data[i] ^ 1 << i % 8]) + data[i + 1 :] for i in range(len(data))]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["protocol_name"])
def test_published_vectors(runtime: Runtime, vector: dict):
    pattern = PATTERN_NNPSK0 if "psk0" in vector["protocol_name"] else PATTERN_NN
    for name, side in (("host", "init"), ("token", "resp")):
        psk = bytes.fromhex(vector[f"{side}_psks"][0]) if f"{side}_psks" in vector else None
        prologue, ephemeral = (
            bytes.fromhex(vector[f"{side}_prologue"]),
            bytes.fromhex(vector[f"{side}_ephemeral"]),
        )
        runtime.call(NOISE, "start", name, pattern, side == "init", prologue, psk, ephemeral)
    for number, message in enumerate(vector["messages"]):
        sender, receiver = ("host", "token") if number % 2 == 0 else ("token", "host")
        seal, unseal = ("write", "read") if number < 2 else ("encrypt", "decrypt")
        payload, ciphertext = (
            bytes.fromhex(message["payload"]),
            bytes.fromhex(message["ciphertext"]),
        )
        assert runtime.call(NOISE, seal, sender, payload) == ciphertext
        assert runtime.call(NOISE, unseal, receiver, ciphertext) == payload
        if number == 1:
            for name in ("host", "token"):
                assert runtime.call(NOISE, "handshake_hash", name).hex() == vector["handshake_hash"]
                runtime.call(NOISE, "split", name)


@PATTERNS
@pytest.mark.parametrize("host_is_peer", [True, False])
def test_the_token_completes_a_handshake_with_independent_primitives(
    runtime: Runtime, pattern: int, psk: bytes | None, host_is_peer: bool
):
    peer = Handshake(Peer, pattern, host_is_peer, b"prologue", psk, b"\x11" * 32)
    runtime.call(NOISE, "start", "token", pattern, not host_is_peer, b"prologue", psk, b"\x22" * 32)
    if host_is_peer:
        assert runtime.call(NOISE, "read", "token", peer.write(b"one")) == b"one"
        assert peer.read(runtime.call(NOISE, "write", "token", b"two")) == b"two"
    else:
        assert peer.read(runtime.call(NOISE, "write", "token", b"one")) == b"one"
        assert runtime.call(NOISE, "read", "token", peer.write(b"two")) == b"two"
    assert peer.hash == runtime.call(NOISE, "handshake_hash", "token")
    runtime.call(NOISE, "split", "token")
    send, receive = peer.split()
    for size in (0, 1, 100, 2000):
        assert runtime.call(NOISE, "decrypt", "token", send.encrypt(b"x" * size)) == b"x" * size
        assert receive.decrypt(runtime.call(NOISE, "encrypt", "token", b"y" * size)) == b"y" * size


def test_another_psk_is_refused_at_the_first_message(runtime: Runtime):
    start_both(runtime, PATTERN_NNPSK0, PSK)
    message = runtime.call(NOISE, "write", "host", b"")
    for other in flips(PSK)[::5]:
        runtime.call(
            NOISE, "start", "token", PATTERN_NNPSK0, False, b"prologue", other, b"\x22" * 32
        )
        refuses(runtime, "ValueError", NOISE, "read", "token", message)


@PATTERNS
def test_another_prologue_is_refused(runtime: Runtime, pattern: int, psk: bytes | None):
    # The prologue holds the hello, so a changed hello breaks the handshake; plain NN has nothing to
    # check until message 2.
    start_both(runtime, pattern, psk)
    runtime.call(NOISE, "start", "token", pattern, False, b"another", psk, b"\x22" * 32)
    message = runtime.call(NOISE, "write", "host", b"")
    if psk is not None:
        refuses(runtime, "ValueError", NOISE, "read", "token", message)
    else:
        runtime.call(NOISE, "read", "token", message)
        refuses(
            runtime, "ValueError", NOISE, "read", "host", runtime.call(NOISE, "write", "token", b"")
        )


@PATTERNS
def test_any_changed_byte_of_the_handshake_is_refused(
    runtime: Runtime, pattern: int, psk: bytes | None
):
    start_both(runtime, pattern, psk)
    first = runtime.call(NOISE, "write", "host", b"one")
    runtime.call(NOISE, "read", "token", first)
    second = runtime.call(NOISE, "write", "token", b"two")
    for changed in [*flips(second)[::4], second[:31], second[:-1], second + b"\0", b""]:
        # Bit 255 of a public key is masked by X25519, but it is hashed into the transcript, so it
        # counts as well.
        runtime.call(NOISE, "start", "host", pattern, True, b"prologue", psk, b"\x11" * 32)
        runtime.call(NOISE, "write", "host", b"one")
        refuses(runtime, "ValueError", NOISE, "read", "host", changed)
    for changed in [*flips(first)[::4], first[:31], b""]:
        start_both(runtime, pattern, psk)
        runtime.call(NOISE, "write", "host", b"one")
        if psk is not None or len(changed) < 32:
            refuses(runtime, "ValueError", NOISE, "read", "token", changed)
        else:
            runtime.call(NOISE, "read", "token", changed)
            refuses(
                runtime,
                "ValueError",
                NOISE,
                "read",
                "host",
                runtime.call(NOISE, "write", "token", b"two"),
            )


def test_a_key_of_small_order_is_refused(runtime: Runtime):
    start_both(runtime, PATTERN_NN, None)
    runtime.call(NOISE, "read", "token", bytes(32))
    refuses(runtime, "ValueError", NOISE, "write", "token", b"")
    assert not runtime.call(NOISE, "finished", "token")


@PATTERNS
def test_a_failed_handshake_cannot_be_used_again(runtime: Runtime, pattern: int, psk: bytes | None):
    start_both(runtime, pattern, psk)
    message = runtime.call(NOISE, "write", "host", b"")
    refuses(runtime, "ValueError", NOISE, "read", "token", message[:20])
    refuses(runtime, "ValueError", NOISE, "read", "token", message)
    refuses(runtime, "ValueError", NOISE, "write", "token", b"")
    refuses(runtime, "ValueError", NOISE, "split", "token")
    refuses(runtime, "ValueError", NOISE, "handshake_hash", "token")
    assert not runtime.call(NOISE, "finished", "token")


@PATTERNS
def test_messages_out_of_turn_are_refused(runtime: Runtime, pattern: int, psk: bytes | None):
    start_both(runtime, pattern, psk)
    refuses(runtime, "ValueError", NOISE, "write", "token", b"")
    refuses(runtime, "ValueError", NOISE, "read", "host", bytes(64))
    open_session(runtime, pattern, psk)
    for name in ("host", "token"):
        assert runtime.call(NOISE, "finished", name)
        refuses(runtime, "ValueError", NOISE, "write", name, b"")


@pytest.mark.parametrize(
    ("pattern", "psk", "ephemeral"),
    [
        pytest.param(PATTERN_NN, PSK, bytes(32), id="NN with a key"),
        pytest.param(PATTERN_NNPSK0, None, bytes(32), id="NNpsk0 without one"),
        pytest.param(PATTERN_NNPSK0, PSK[:31], bytes(32), id="short psk"),
        pytest.param(PATTERN_NN, None, bytes(31), id="short ephemeral"),
        pytest.param(PATTERN_NN, None, b"", id="no ephemeral"),
        pytest.param(2, None, bytes(32), id="unknown pattern"),
    ],
)
def test_unfit_keys_are_refused(
    runtime: Runtime, pattern: int, psk: bytes | None, ephemeral: bytes
):
    refuses(runtime, "ValueError", NOISE, "start", "token", pattern, False, b"", psk, ephemeral)


@PATTERNS
def test_a_refused_message_does_not_advance_the_counter(
    runtime: Runtime, pattern: int, psk: bytes | None
):
    open_session(runtime, pattern, psk)
    for text in (b"first", b"second"):
        message = runtime.call(NOISE, "encrypt", "host", text)
        for changed in [*flips(message), message[:10], b"", message + b"\0"]:
            refuses(runtime, "ValueError", NOISE, "decrypt", "token", changed)
        assert runtime.call(NOISE, "decrypt", "token", message) == text


def test_repeated_reordered_and_reflected_messages_are_refused(runtime: Runtime):
    open_session(runtime, PATTERN_NNPSK0, PSK)
    first, second, third = (
        runtime.call(NOISE, "encrypt", "host", text) for text in (b"1", b"2", b"3")
    )
    refuses(runtime, "ValueError", NOISE, "decrypt", "token", second)
    assert runtime.call(NOISE, "decrypt", "token", first) == b"1"
    refuses(runtime, "ValueError", NOISE, "decrypt", "token", first)
    refuses(runtime, "ValueError", NOISE, "decrypt", "token", third)
    refuses(runtime, "ValueError", NOISE, "decrypt", "host", second)
    assert runtime.call(NOISE, "decrypt", "token", second) == b"2"
    assert runtime.call(NOISE, "decrypt", "token", third) == b"3"


def claim(runtime: Runtime, host: str, token: str, nonce_host: bytes, nonce_token: bytes) -> None:
    """Run the handshake of a claim between two parties; check that both nonces arrive as sent."""
    commitment = runtime.call(NOISE, "commitment", nonce_host)
    assert pass_on(runtime, host, token, commitment) == commitment
    assert pass_on(runtime, token, host, nonce_token) == nonce_token


def number(runtime: Runtime, party: str, nonce_host: bytes, nonce_token: bytes) -> str:
    return runtime.call(
        NOISE,
        "comparison_number",
        runtime.call(NOISE, "handshake_hash", party),
        nonce_host,
        nonce_token,
    )


def test_both_ends_of_a_claim_show_the_same_number(runtime: Runtime):
    nonce_host, nonce_token = b"h" * 16, b"t" * 16
    start_both(runtime, PATTERN_NN, None)
    claim(runtime, "host", "token", nonce_host, nonce_token)
    shown = number(runtime, "host", nonce_host, nonce_token)
    assert shown == number(runtime, "token", nonce_host, nonce_token)
    handshake_hash = runtime.call(NOISE, "handshake_hash", "host")
    mac = hmac.digest(handshake_hash, nonce_host + nonce_token, "sha256")
    assert shown == f"{int.from_bytes(mac[:8], 'big') % 10**6:06}"


def test_a_man_in_the_middle_makes_the_numbers_differ(runtime: Runtime):
    # The attacker runs a handshake with each side and forwards commitment and nonces unchanged: all
    # that is possible without breaking the commitment.
    nonce_host, nonce_token = b"h" * 16, b"t" * 16
    for attempt in range(8):
        start_both(runtime, PATTERN_NN, None)
        to_host, to_token = bytes([0x40 + attempt]) * 32, bytes([0x80 + attempt]) * 32
        runtime.call(NOISE, "start", "as token", PATTERN_NN, False, b"prologue", None, to_host)
        runtime.call(NOISE, "start", "as host", PATTERN_NN, True, b"prologue", None, to_token)
        claim(runtime, "host", "as token", nonce_host, nonce_token)
        claim(runtime, "as host", "token", nonce_host, nonce_token)
        shown = [number(runtime, party, nonce_host, nonce_token) for party in ("host", "token")]
        assert shown[0] != shown[1], attempt


def test_a_man_in_the_middle_cannot_choose_a_nonce_after_the_fact(runtime: Runtime):
    # By choosing the nonce the attacker could make the token show the host's number; the commitment
    # of message 1 prevents it.
    nonce_token = b"t" * 16
    handshake_hash = b"\x42" * 32
    wanted = runtime.call(NOISE, "comparison_number", handshake_hash, b"h" * 16, nonce_token)[:2]
    forged = next(
        nonce
        for nonce in (bytes(14) + i.to_bytes(2, "big") for i in range(65536))
        if runtime.call(NOISE, "comparison_number", handshake_hash, nonce, nonce_token)[:2]
        == wanted
    )
    commitment = runtime.call(NOISE, "commitment", b"h" * 16)
    assert commitment == hashlib.sha256(b"h" * 16).digest()
    assert runtime.call(NOISE, "commitment", forged) != commitment


def test_a_comparison_number_has_six_digits(runtime: Runtime):
    numbers = [
        runtime.call(NOISE, "comparison_number", bytes([i]) * 32, bytes(16), bytes(16))
        for i in range(100)
    ]
    assert all(len(shown) == 6 and shown.isdecimal() for shown in numbers)
    assert any(shown.startswith("0") for shown in numbers)


def test_a_fingerprint_depends_on_key_and_secret(runtime: Runtime):
    key, secret = b"k" * 32, b"s" * 20
    expected = hmac.digest(key, b"kodebrik fingerprint" + secret, "sha256")[:8]
    assert runtime.call(NOISE, "fingerprint", key, secret) == expected
    assert runtime.call(NOISE, "fingerprint", b"K" * 32, secret) != expected
    assert runtime.call(NOISE, "fingerprint", key, b"S" * 20) != expected
