"""Ed25519 verification on both runtimes, against RFC 8032 and the cryptography library.

What is refused follows Project Wycheproof's kinds of cases: other sizes, S out of range, changed
bits, and keys that are no points, not reduced, or of small order.
"""

import hashlib

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.runtime import Runtime
from tests.support.vectors import load

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
VECTORS = load("rfc8032_ed25519")["vectors"]
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
MESSAGE = b"a manifest of an update"
SIGNATURE = KEY.sign(MESSAGE)
# Their y: order 1, 2, 4 (0) and 8 (the rest).
SMALL_ORDER_Y = [
    1,
    P - 1,
    0,
    2707385501144840649318225287225658788936804267575313519463743609750303021822,
    55188659117513257062467267217118295137698188065244968500265048394206261417927,
]


def verified(runtime: Runtime, key: bytes, message: bytes, signature: bytes) -> bool:
    return runtime.call("firmware.crypto.ed25519", "verify", key, message, signature)


def peer(key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def encoded(y: int, sign: int = 0) -> bytes:
    return (y | sign << 255).to_bytes(32, "little")


def with_s(s: int) -> bytes:
    return SIGNATURE[:32] + s.to_bytes(32, "little")


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case["where"])
def test_the_vectors_of_rfc_8032(runtime: Runtime, case: dict):
    key, message, signature = (
        bytes.fromhex(case[name]) for name in ("public", "message", "signature")
    )
    assert verified(runtime, key, message, signature)
    assert peer(key, message, signature)
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(case["private"]))
    assert private.sign(message) == signature


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=300), st.integers(0, 64 * 8 - 1))
@settings(max_examples=25, deadline=None)
def test_it_judges_as_cryptography_does(runtime: Runtime, private: bytes, message: bytes, bit: int):
    key = Ed25519PrivateKey.from_private_bytes(private)
    public, signature = key.public_key().public_bytes_raw(), key.sign(message)
    assert verified(runtime, public, message, signature)
    changed = (int.from_bytes(signature, "little") ^ 1 << bit).to_bytes(64, "little")
    assert not peer(public, message, changed)
    assert not verified(runtime, public, message, changed)


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=64, max_size=64))
@settings(max_examples=40, deadline=None)
def test_it_refuses_what_was_never_signed(runtime: Runtime, key: bytes, signature: bytes):
    assert not verified(runtime, key, MESSAGE, signature)


def test_it_refuses_a_changed_message_and_a_changed_key(runtime: Runtime):
    assert not verified(runtime, PUBLIC, MESSAGE + b"\0", SIGNATURE)
    assert not verified(runtime, PUBLIC, MESSAGE[:-1], SIGNATURE)
    assert not verified(runtime, PUBLIC, b"", SIGNATURE)
    for bit in (*range(0, 256, 17), 255):
        other = (int.from_bytes(PUBLIC, "little") ^ 1 << bit).to_bytes(32, "little")
        assert not verified(runtime, other, MESSAGE, SIGNATURE)


@pytest.mark.parametrize("size", [0, 1, 32, 63, 65, 128])
def test_it_refuses_signatures_of_other_sizes(runtime: Runtime, size: int):
    assert not verified(runtime, PUBLIC, MESSAGE, (SIGNATURE * 2)[:size])


@pytest.mark.parametrize("size", [0, 31, 33])
def test_it_refuses_keys_of_other_sizes(runtime: Runtime, size: int):
    assert not verified(runtime, (PUBLIC * 2)[:size], MESSAGE, SIGNATURE)


def test_it_refuses_an_s_that_is_not_below_the_order(runtime: Runtime):
    """Each fulfils the equation too: a signature would have several forms."""
    s = int.from_bytes(SIGNATURE[32:], "little")
    others = [s + times * ORDER for times in range(1, 16) if s + times * ORDER < 2**256]
    assert len(others) >= 14
    for other in (*others, ORDER, 2**256 - 1):
        assert not peer(PUBLIC, MESSAGE, with_s(other))
        assert not verified(runtime, PUBLIC, MESSAGE, with_s(other))


@pytest.mark.parametrize("s", [0, 1, ORDER - 1], ids=["0", "1", "order - 1"])
def test_it_refuses_an_s_at_the_edges_of_its_range(runtime: Runtime, s: int):
    assert not verified(runtime, PUBLIC, MESSAGE, with_s(s))


@pytest.mark.parametrize("sign", [0, 1])
@pytest.mark.parametrize("y", SMALL_ORDER_Y, ids=["order 1", "2", "4", "8", "8, the other y"])
def test_it_refuses_a_key_of_small_order(runtime: Runtime, y: int, sign: int):
    """With S = 0, R = -k A: one of eight values fits, whatever the message is."""
    key = encoded(y, sign)
    for other in SMALL_ORDER_Y:
        for its_sign in (0, 1):
            assert not verified(runtime, key, MESSAGE, encoded(other, its_sign) + bytes(32))


def test_the_peer_takes_such_a_forgery():
    """What the test above refuses is a danger."""
    assert peer(encoded(1), MESSAGE, encoded(1) + bytes(32))


def test_it_refuses_keys_that_are_not_reduced(runtime: Runtime):
    """Section 5.1.3 step 1. The 19 values are p to 2^255 - 1."""
    for y in range(P, 2**255):
        assert not verified(runtime, encoded(y), MESSAGE, SIGNATURE)


def test_it_refuses_keys_that_are_no_points(runtime: Runtime):
    """Section 5.1.3 step 3: x^2 has no root; and x = 0 has no sign."""

    def has_root(y: int) -> bool:
        square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
        return square == 0 or pow(square, (P - 1) // 2, P) == 1

    none = [y for y in range(2, 40) if not has_root(y)][:8]
    for y in none:
        assert not peer(encoded(y), MESSAGE, SIGNATURE)
        assert not verified(runtime, encoded(y), MESSAGE, SIGNATURE)
    assert not verified(runtime, encoded(1, 1), MESSAGE, SIGNATURE)


def test_it_takes_a_key_and_an_r_with_either_sign(runtime: Runtime):
    signs = set()
    for number in range(12):
        private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(bytes([number])).digest())
        public, signature = private.public_key().public_bytes_raw(), private.sign(MESSAGE)
        assert verified(runtime, public, MESSAGE, signature)
        signs.add((public[31] >> 7, signature[31] >> 7))
    assert signs == {(0, 0), (0, 1), (1, 0), (1, 1)}


def test_it_refuses_another_r_of_the_same_y(runtime: Runtime):
    negated = SIGNATURE[:31] + bytes([SIGNATURE[31] ^ 0x80]) + SIGNATURE[32:]
    assert not verified(runtime, PUBLIC, MESSAGE, negated)
