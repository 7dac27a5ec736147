"""X25519 Diffie-Hellman (RFC 7748 section 5): its ladder as machine code where that loads, else in
plain Python.
"""

try:
    from firmware.crypto.x25519_native import ladder
# Not in the image, compiled for another processor, or CPython.
except (ImportError, ValueError, AttributeError):
    from firmware.crypto.x25519_plain import ladder


def public_key(scalar: bytes) -> bytes:
    """Return the 32-byte public key of a 32-byte private key."""
    return ladder(_decode_scalar(scalar), 9).to_bytes(32, "little")


def x25519(scalar: bytes, point: bytes) -> bytes:
    """Return the 32-byte product of a 32-byte private key and a 32-byte point.

    ValueError for other sizes and for the all-zero result that a point of small order gives
    (section 6.1).
    """
    if len(point) != 32:
        raise ValueError("a public key has 32 bytes")
    u = int.from_bytes(point, "little") & ((1 << 255) - 1)  # the top bit is ignored
    product = ladder(_decode_scalar(scalar), u)
    if product == 0:
        raise ValueError("the public key is a point of small order")
    return product.to_bytes(32, "little")


def _decode_scalar(scalar: bytes) -> int:
    if len(scalar) != 32:
        raise ValueError("a private key has 32 bytes")
    k = int.from_bytes(scalar, "little")
    return (k & ((1 << 254) - 8)) | (1 << 254)
