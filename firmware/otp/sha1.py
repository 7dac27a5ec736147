"""SHA-1 in plain Python (FIPS 180-4 section 6.1), for a VM whose hashlib lacks it."""

_MASK = 0xFFFFFFFF


def sha1(data: bytes) -> bytes:
    """Return the 20-byte SHA-1 digest of data."""
    # Padding: a one bit, zeros up to 56 mod 64, the length in bits as 64-bit big-endian.
    data = bytes(data) + b"\x80" + bytes((55 - len(data)) % 64) + (8 * len(data)).to_bytes(8, "big")
    state = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0)
    for start in range(0, len(data), 64):
        state = _compress(state, data, start)
    return b"".join(word.to_bytes(4, "big") for word in state)


def _compress(state: tuple, data: bytes, start: int) -> tuple:
    w = [int.from_bytes(data[i : i + 4], "big") for i in range(start, start + 64, 4)]
    for i in range(16, 80):
        x = w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16]
        w.append((x << 1 | x >> 31) & _MASK)
    a, b, c, d, e = state
    for i in range(80):
        if i < 20:
            f = (d ^ (b & (c ^ d))) + 0x5A827999
        elif i < 40:
            f = (b ^ c ^ d) + 0x6ED9EBA1
        elif i < 60:
            f = ((b & c) | (d & (b | c))) + 0x8F1BBCDC
        else:
            f = (b ^ c ^ d) + 0xCA62C1D6
        a, b, c, d, e = (
            ((a << 5 | a >> 27) + f + e + w[i]) & _MASK,
            a,
            (b << 30 | b >> 2) & _MASK,
            c,
            d,
        )
    return tuple((old + new) & _MASK for old, new in zip(state, (a, b, c, d, e)))
