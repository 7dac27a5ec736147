"""X25519 (RFC 7748), ChaCha20-Poly1305 (RFC 8439), HKDF (RFC 5869) and the storage seal, on both
VMs."""

import hmac
from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.poly1305 import Poly1305
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.runtime import CPython, MicroPython, Runtime, refuses
from tests.support.vectors import load

CURVE = load("rfc7748_x25519")
CHACHA = load("rfc8439_chacha20_poly1305")
HKDF_CASES = load("rfc5869_hkdf_sha256")["vectors"]
P = 2**255 - 19
# All points of order 1, 2, 4 and 8 on the curve and its twist (D. J. Bernstein,
# cr.yp.to/ecdh.html#validate).
SMALL_ORDER = [
    0,
    1,
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823,
    P - 1,
    P,
    P + 1,
]
TWINS = ("", "_plain")
AEAD = "firmware.crypto.chacha20poly1305"
KEYS = st.binary(min_size=32, max_size=32)
NONCES = st.binary(min_size=12, max_size=12)


def hexed(case: dict) -> dict:
    return {
        name: value if name in ("where", "counter", "length") else bytes.fromhex(value)
        for name, value in case.items()
    }


def cases(group: list[dict]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        "case", [pytest.param(hexed(case), id=case["where"]) for case in group]
    )


def chosen_and_plain(runtime: Runtime, module: str, name: str, *arguments: Any) -> None:
    """Check that a function gives the same in the module that is chosen (machine code on the VM)
    and in plain Python."""
    driver = "tests.firmware.crypto.vm_twins"
    chosen, plain = (runtime.call(driver, name, module + form, *arguments) for form in TWINS)
    assert chosen == plain


def exchange(scalar: bytes, point: bytes) -> bytes:
    return X25519PrivateKey.from_private_bytes(scalar).exchange(
        X25519PublicKey.from_public_bytes(point)
    )


def chacha20(key: bytes, nonce: bytes, counter: int, data: bytes) -> bytes:
    algorithm = algorithms.ChaCha20(key, counter.to_bytes(4, "little") + nonce)
    return Cipher(algorithm, mode=None).encryptor().update(data)


def flips(data: bytes) -> list[bytes]:
    """Return the bytes with one bit changed, for each position."""
    return [data[:i] + bytes([data[i] ^ 1 << i % 8]) + data[i + 1 :] for i in range(len(data))]


@cases(CURVE["vectors"])
def test_x25519_vectors_of_rfc_7748_section_5_2(runtime: Runtime, case: dict):
    assert (
        runtime.call("firmware.crypto.x25519", "x25519", case["scalar"], case["point"])
        == case["product"]
    )
    assert exchange(case["scalar"], case["point"]) == case["product"]


@cache
def iterated() -> list[bytes]:
    """Give what iterating as RFC 7748 section 5.2 does gives after 0 to 1,000 times."""
    k = u = bytes.fromhex(CURVE["iterated"]["start"])
    results = [k]
    for _ in range(1000):
        k, u = exchange(k, u), k
        results.append(k)
    return results


def test_x25519_iterated_vectors_agree_with_cryptography():
    for times, result in CURVE["iterated"]["results"].items():
        assert iterated()[int(times)] == bytes.fromhex(result)


@pytest.mark.parametrize("times", [1, 100])
def test_x25519_iterated_as_in_rfc_7748_section_5_2(runtime: Runtime, times: int):
    start = bytes.fromhex(CURVE["iterated"]["start"])
    found = runtime.call("tests.firmware.crypto.vm_x25519", "iterate", start, times)
    assert found == iterated()[times]


@pytest.mark.slow
def test_x25519_iterated_1000_times_of_rfc_7748_section_5_2():
    start = bytes.fromhex(CURVE["iterated"]["start"])
    found = CPython().call("tests.firmware.crypto.vm_x25519", "iterate", start, 1000)
    assert found == bytes.fromhex(CURVE["iterated"]["results"]["1000"])


def test_x25519_diffie_hellman_of_rfc_7748_section_6_1(runtime: Runtime):
    case = hexed(CURVE["exchange"])
    for own, other in (("alice", "bob"), ("bob", "alice")):
        public = runtime.call("firmware.crypto.x25519", "public_key", case[f"{own}_private"])
        assert public == case[f"{own}_public"]
        assert (
            public
            == X25519PrivateKey.from_private_bytes(case[f"{own}_private"])
            .public_key()
            .public_bytes_raw()
        )
        shared = runtime.call(
            "firmware.crypto.x25519", "x25519", case[f"{own}_private"], case[f"{other}_public"]
        )
        assert shared == case["shared"] == exchange(case[f"{own}_private"], case[f"{other}_public"])


@given(KEYS, KEYS)
@settings(max_examples=40, deadline=None)
def test_x25519_equals_cryptography(runtime: Runtime, scalar: bytes, point: bytes):
    private = X25519PrivateKey.from_private_bytes(scalar)
    assert (
        runtime.call("firmware.crypto.x25519", "public_key", scalar)
        == private.public_key().public_bytes_raw()
    )
    if int.from_bytes(point, "little") % 2**255 in SMALL_ORDER:
        return
    assert runtime.call("firmware.crypto.x25519", "x25519", scalar, point) == exchange(
        scalar, point
    )


@pytest.mark.parametrize("u", [P + 2, 2**255 - 1, 2**255 + 9, 2**256 - 1], ids=hex)
def test_x25519_takes_points_that_are_not_reduced(runtime: Runtime, u: int):
    # RFC 7748 section 5: the top bit is masked, and values from p to 2^255 - 1 are accepted and
    # reduced.
    scalar, point = b"\x55" * 32, u.to_bytes(32, "little")
    assert runtime.call("firmware.crypto.x25519", "x25519", scalar, point) == exchange(
        scalar, point
    )


@pytest.mark.parametrize("u", SMALL_ORDER, ids=hex)
def test_x25519_refuses_points_of_small_order(runtime: Runtime, u: int):
    # RFC 7748 section 6.1: the shared secret would be zero whatever the private key.
    refuses(
        runtime,
        "ValueError",
        "firmware.crypto.x25519",
        "x25519",
        b"\x55" * 32,
        u.to_bytes(32, "little"),
    )


@pytest.mark.parametrize(
    ("scalar", "point"), [(31, 32), (33, 32), (32, 31), (32, 33), (0, 32), (32, 0)]
)
def test_x25519_refuses_keys_of_other_sizes(runtime: Runtime, scalar: int, point: int):
    refuses(
        runtime, "ValueError", "firmware.crypto.x25519", "x25519", b"\x09" * scalar, b"\x09" * point
    )


@pytest.mark.parametrize("module", ["x25519", "chacha20poly1305"])
def test_the_vm_uses_machine_code_where_it_loads(runtime: Runtime, module: str):
    driver = "tests.firmware.crypto.vm_twins"
    assert runtime.call(driver, "native", module) is isinstance(runtime, MicroPython)


# Numbers whose limbs of 13 bits are all as large as can be, or nearly.
@given(
    st.one_of(st.integers(0, 2**256 - 1), st.sampled_from([2**254, 2**255 - 1])),
    st.one_of(
        st.integers(0, 2**255 - 1),
        st.sampled_from([0, 1, 9, P - 1, P, 2**255 - 1, *(2**255 - 2**n for n in (13, 130, 254))]),
    ),
)
@settings(max_examples=40, deadline=None)
def test_the_ladder_is_the_same_in_machine_code_and_plain(runtime: Runtime, k: int, u: int):
    chosen_and_plain(runtime, "x25519", "ladder", k, u)


@given(KEYS, NONCES, st.integers(0, 2**32 - 1), st.binary(max_size=700))
@settings(max_examples=40, deadline=None)
def test_the_cipher_is_the_same_in_machine_code_and_plain(
    runtime: Runtime, key: bytes, nonce: bytes, counter: int, data: bytes
):
    counter = min(counter, 2**32 - 1 - len(data) // 64)
    chosen_and_plain(runtime, "chacha20poly1305", "chacha20", key, nonce, counter, data)


@given(
    st.one_of(KEYS, st.just(b"\xff" * 32), st.just(b"\xff" * 16 + bytes(16))),
    st.one_of(st.binary(max_size=400), st.integers(0, 99).map(lambda size: b"\xff" * size)),
)
@settings(max_examples=60, deadline=None)
def test_the_tag_is_the_same_in_machine_code_and_plain(
    runtime: Runtime, key: bytes, message: bytes
):
    chosen_and_plain(runtime, "chacha20poly1305", "poly1305", key, message)


@cases(CHACHA["block"])
def test_chacha20_blocks_of_rfc_8439(runtime: Runtime, case: dict):
    stream = runtime.call(AEAD, "keystream", case["key"], case["nonce"], case["counter"], 64)
    assert stream == case["keystream"]
    assert chacha20(case["key"], case["nonce"], case["counter"], bytes(64)) == case["keystream"]


@cases(CHACHA["cipher"])
def test_chacha20_encryption_of_rfc_8439(runtime: Runtime, case: dict):
    size = len(case["plaintext"])
    stream = runtime.call(AEAD, "keystream", case["key"], case["nonce"], case["counter"], size)
    assert (
        bytes(x ^ y for x, y in zip(case["plaintext"], stream, strict=False)) == case["ciphertext"]
    )
    assert (
        chacha20(case["key"], case["nonce"], case["counter"], case["plaintext"])
        == case["ciphertext"]
    )


@cases(CHACHA["poly1305"])
def test_poly1305_of_rfc_8439(runtime: Runtime, case: dict):
    assert runtime.call(AEAD, "poly1305", case["key"], case["message"]) == case["tag"]
    assert Poly1305.generate_tag(case["key"], case["message"]) == case["tag"]


@cases(CHACHA["one_time_key"])
def test_poly1305_key_generation_of_rfc_8439(runtime: Runtime, case: dict):
    assert (
        runtime.call(AEAD, "keystream", case["key"], case["nonce"], 0, 32)[:32]
        == case["one_time_key"]
    )
    assert chacha20(case["key"], case["nonce"], 0, bytes(32)) == case["one_time_key"]


@cases(CHACHA["aead"])
def test_aead_of_rfc_8439(runtime: Runtime, case: dict):
    sealed = case["ciphertext"] + case["tag"]
    assert (
        runtime.call(AEAD, "encrypt", case["key"], case["nonce"], case["plaintext"], case["aad"])
        == sealed
    )
    assert (
        runtime.call(AEAD, "decrypt", case["key"], case["nonce"], sealed, case["aad"])
        == case["plaintext"]
    )
    assert (
        ChaCha20Poly1305(case["key"]).encrypt(case["nonce"], case["plaintext"], case["aad"])
        == sealed
    )


@given(KEYS, NONCES, st.binary(max_size=1200), st.binary(max_size=80))
@settings(max_examples=60, deadline=None)
def test_aead_equals_cryptography(
    runtime: Runtime, key: bytes, nonce: bytes, plaintext: bytes, aad: bytes
):
    sealed = ChaCha20Poly1305(key).encrypt(nonce, plaintext, aad)
    assert runtime.call(AEAD, "encrypt", key, nonce, plaintext, aad) == sealed
    assert runtime.call(AEAD, "decrypt", key, nonce, sealed, aad) == plaintext


def test_aead_at_every_size_around_a_block_and_a_run_of_blocks(runtime: Runtime):
    key, nonce = bytes(range(32)), bytes(range(12))
    for size in (*range(66), *range(126, 131), *range(446, 451), *range(510, 515), 2032, 2048):
        plaintext = bytes(range(256)) * 8
        sealed = ChaCha20Poly1305(key).encrypt(nonce, plaintext[:size], b"ad")
        assert runtime.call(AEAD, "encrypt", key, nonce, plaintext[:size], b"ad") == sealed, size


def test_aead_refuses_any_changed_bit(runtime: Runtime):
    key, nonce, aad = bytes(range(32)), bytes(range(12)), b"header"
    sealed = ChaCha20Poly1305(key).encrypt(nonce, b"a secret of the token", aad)
    for changed in [
        *flips(sealed),
        *(sealed[:size] for size in range(len(sealed))),
        sealed + b"\0",
    ]:
        refuses(runtime, "ValueError", AEAD, "decrypt", key, nonce, changed, aad)
    for changed in flips(key):
        refuses(runtime, "ValueError", AEAD, "decrypt", changed, nonce, sealed, aad)
    for changed in flips(nonce):
        refuses(runtime, "ValueError", AEAD, "decrypt", key, changed, sealed, aad)
    for changed in [*flips(aad), b"", aad + b"\0"]:
        refuses(runtime, "ValueError", AEAD, "decrypt", key, nonce, sealed, changed)


@pytest.mark.parametrize(("key", "nonce"), [(31, 12), (33, 12), (32, 11), (32, 13), (32, 8)])
def test_aead_refuses_keys_and_nonces_of_other_sizes(runtime: Runtime, key: int, nonce: int):
    refuses(runtime, "ValueError", AEAD, "encrypt", bytes(key), bytes(nonce), b"")


def test_the_suite_numbers_messages_as_noise_does(runtime: Runtime):
    # Noise section 12.3: 4 zero bytes and the counter as 64-bit little-endian.
    key, counter = bytes(range(32)), 2**33 + 5
    expected = ChaCha20Poly1305(key).encrypt(
        bytes(4) + counter.to_bytes(8, "little"), b"text", b"ad"
    )
    assert (
        runtime.call("firmware.crypto.primitives", "encrypt", key, counter, b"ad", b"text")
        == expected
    )
    assert (
        runtime.call("firmware.crypto.primitives", "decrypt", key, counter, b"ad", expected)
        == b"text"
    )
    refuses(
        runtime,
        "ValueError",
        "firmware.crypto.primitives",
        "decrypt",
        key,
        counter + 1,
        b"ad",
        expected,
    )


@given(st.binary(max_size=20), st.binary(max_size=20))
@settings(max_examples=40, deadline=None)
def test_equal_compares_byte_strings(runtime: Runtime, left: bytes, right: bytes):
    assert runtime.call("firmware.otp.hmac", "equal", left, right) == (left == right)
    assert runtime.call("firmware.otp.hmac", "equal", left, left)
    for changed in flips(left):
        assert not runtime.call("firmware.otp.hmac", "equal", left, changed)


@cases(HKDF_CASES)
def test_hkdf_vectors_of_rfc_5869(runtime: Runtime, case: dict):
    arguments = case["key_material"], case["salt"], case["info"], case["length"]
    assert runtime.call("firmware.otp.hmac", "hkdf_sha256", *arguments) == case["output"]
    peer = HKDF(SHA256(), case["length"], case["salt"], case["info"])
    assert peer.derive(case["key_material"]) == case["output"]


@given(st.binary(max_size=80), st.binary(max_size=80), st.binary(max_size=80), st.integers(1, 200))
@settings(max_examples=40, deadline=None)
def test_hkdf_equals_cryptography(
    runtime: Runtime, material: bytes, salt: bytes, info: bytes, length: int
):
    derived = runtime.call("firmware.otp.hmac", "hkdf_sha256", material, salt, info, length)
    assert derived == HKDF(SHA256(), length, salt, info).derive(material)


@pytest.mark.parametrize("length", [-1, 0, 255 * 32 + 1])
def test_hkdf_refuses_other_lengths(runtime: Runtime, length: int):
    refuses(runtime, "ValueError", "firmware.otp.hmac", "hkdf_sha256", b"key", b"", b"", length)


@given(
    KEYS,
    st.one_of(
        st.binary(min_size=16, max_size=16),
        st.integers(1, 20).map(lambda left: ((1 << 128) - left).to_bytes(16, "big")),
    ),
    st.binary(max_size=300),
)
@settings(max_examples=60, deadline=None)
def test_the_seal_is_aes_ctr_then_hmac(
    runtime: Runtime, key: bytes, nonce: bytes, plaintext: bytes
):
    keys = HKDF(SHA256(), 64, b"", b"kodebrik seal").derive(key)
    body = nonce + Cipher(algorithms.AES256(keys[:32]), modes.CTR(nonce)).encryptor().update(
        plaintext
    )
    expected = body + hmac.digest(keys[32:], body, "sha256")[:16]
    assert runtime.call("tests.firmware.crypto.vm_seal", "seal", key, nonce, plaintext) == expected
    assert runtime.call("tests.firmware.crypto.vm_seal", "unseal", key, expected) == plaintext


def test_the_seal_refuses_any_changed_bit(runtime: Runtime):
    key = bytes(range(32))
    sealed = runtime.call(
        "tests.firmware.crypto.vm_seal", "seal", key, bytes(16), b"a secret of the token"
    )
    for changed in [
        *flips(sealed),
        *(sealed[:size] for size in range(len(sealed))),
        sealed + b"\0",
    ]:
        refuses(runtime, "ValueError", "tests.firmware.crypto.vm_seal", "unseal", key, changed)
    for changed in flips(key):
        refuses(runtime, "ValueError", "tests.firmware.crypto.vm_seal", "unseal", changed, sealed)


@pytest.mark.parametrize(("key", "nonce"), [(31, 16), (33, 16), (32, 15), (32, 17)])
def test_the_seal_refuses_keys_and_nonces_of_other_sizes(runtime: Runtime, key: int, nonce: int):
    refuses(
        runtime,
        "ValueError",
        "tests.firmware.crypto.vm_seal",
        "seal",
        bytes(key),
        bytes(nonce),
        b"x",
    )
