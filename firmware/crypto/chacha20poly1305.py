"""ChaCha20-Poly1305 (RFC 8439), its parts as machine code where that loads, else in plain Python.
Keys 32 bytes, nonces 12, tags 16.
"""

from firmware.otp.hmac import equal

try:
    from firmware.crypto.chacha20poly1305_native import chacha20, poly1305
# Not in the image, compiled for another processor, or CPython.
except (ImportError, ValueError, AttributeError):
    from firmware.crypto.chacha20poly1305_plain import chacha20, poly1305

TAG_SIZE = 16


def encrypt(key: bytes, nonce: bytes, plaintext: bytes, aad: bytes = b"") -> bytes:
    """Return ciphertext || tag over plaintext and aad (section 2.8)."""
    one_time_key = keystream(key, nonce, 0, 32)
    data = bytearray(plaintext)
    chacha20(key, nonce, 1, data)
    return bytes(data) + _tag(one_time_key, aad, data)


def decrypt(key: bytes, nonce: bytes, sealed: bytes, aad: bytes = b"") -> bytes:
    """Return the plaintext of what encrypt() returned; ValueError when key, nonce, aad or any bit
    differs."""
    if len(sealed) < TAG_SIZE:
        raise ValueError("too short for a tag")
    data = bytearray(sealed[:-TAG_SIZE])
    if not equal(_tag(keystream(key, nonce, 0, 32), aad, data), sealed[-TAG_SIZE:]):
        raise ValueError("wrong tag")
    chacha20(key, nonce, 1, data)
    return bytes(data)


def keystream(key: bytes, nonce: bytes, counter: int, size: int) -> bytes:
    """Return `size` bytes of the ChaCha20 key stream from block number `counter` on (section 2.4);
    those of block 0 are the key for Poly1305 (section 2.6)."""
    if len(key) != 32 or len(nonce) != 12:
        raise ValueError("the key has 32 bytes and the nonce 12")
    stream = bytearray(size)
    chacha20(key, nonce, counter, stream)
    return bytes(stream)


def _tag(one_time_key: bytes, aad: bytes, ciphertext: bytearray) -> bytes:
    return poly1305(
        one_time_key,
        b"".join(
            (
                aad,
                bytes(-len(aad) % 16),
                ciphertext,
                bytes(-len(ciphertext) % 16),
                len(aad).to_bytes(8, "little"),
                len(ciphertext).to_bytes(8, "little"),
            )
        ),
    )
