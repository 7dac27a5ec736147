"""Authenticated encryption of stored data: AES-256 in counter mode, then HMAC-SHA-256 over nonce
and ciphertext.

Hash and AES run in C on the token, so the vault opens within the time of a press; the link's
ChaCha20-Poly1305 in Python would be too slow. MicroPython's cryptolib lacks counter mode, so it is
built from ECB (NIST SP 800-38A section 6.5): keystream block i is AES(nonce + i), as 128-bit big-
endian numbers. Sealed form: nonce (16 bytes) || ciphertext || tag (16 bytes).

aes_ecb(key) takes 32 bytes and returns a function that encrypts whole blocks in ECB mode.
"""

from firmware.otp.hmac import equal, hkdf_sha256, hmac

if False:
    from firmware.interfaces import AesEcb, BlockCipher  # type: ignore[unreachable]

NONCE_SIZE = 16
TAG_SIZE = 16
_BLOCK = 16
_COUNTERS = 1 << 128


def seal(key: bytes, nonce: bytes, plaintext: bytes, aes_ecb: "AesEcb") -> bytes:
    """Return plaintext sealed under a 32-byte key and a 16-byte nonce, which must be random for
    every call."""
    if len(nonce) != NONCE_SIZE:
        raise ValueError("the nonce has 16 bytes")
    cipher_key, mac_key = _sub_keys(key)
    body = nonce + _counter_mode(aes_ecb(cipher_key), nonce, plaintext)
    return body + hmac("SHA256", mac_key, body)[:TAG_SIZE]


def unseal(key: bytes, sealed: bytes, aes_ecb: "AesEcb") -> bytes:
    """Return the plaintext; ValueError for another key or any changed bit."""
    if len(sealed) < NONCE_SIZE + TAG_SIZE:
        raise ValueError("too short to be sealed")
    cipher_key, mac_key = _sub_keys(key)
    body = sealed[:-TAG_SIZE]
    if not equal(hmac("SHA256", mac_key, body)[:TAG_SIZE], sealed[-TAG_SIZE:]):
        raise ValueError("the seal is broken")
    return _counter_mode(aes_ecb(cipher_key), body[:NONCE_SIZE], body[NONCE_SIZE:])


def _sub_keys(key: bytes) -> tuple:
    if len(key) != 32:
        raise ValueError("the key has 32 bytes")
    keys = hkdf_sha256(key, b"", b"kodebrik seal", 64)
    return keys[:32], keys[32:]


def _counter_mode(encrypt_blocks: "BlockCipher", nonce: bytes, data: bytes) -> bytes:
    size = len(data)
    if size == 0:
        return b""
    counters = _counters(int.from_bytes(nonce, "big"), (size + _BLOCK - 1) // _BLOCK)
    stream = encrypt_blocks(counters)[:size]
    return (int.from_bytes(data, "big") ^ int.from_bytes(stream, "big")).to_bytes(size, "big")


def _counters(first: int, blocks: int) -> bytes:
    """Return so many blocks that count from `first`, computed as one number of that many digits to
    the base 2^128: long integers run in C, a loop over the blocks takes ten times as long."""
    last = _COUNTERS - first  # the block with which it begins at 0 again
    if blocks > last:
        return _counters(first, last) + _counters(0, blocks - last)
    ones = int.from_bytes((bytes(_BLOCK - 1) + b"\x01") * blocks, "big")  # each digit is 1
    numbers = (ones - blocks) // (_COUNTERS - 1)  # the digits are 0, 1, 2, ...
    return (first * ones + numbers).to_bytes(_BLOCK * blocks, "big")
