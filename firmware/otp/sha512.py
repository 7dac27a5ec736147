"""SHA-512 in plain Python (FIPS 180-4 section 6.4): no MicroPython port has it in hashlib.

Words are 64-bit integers, which are heap objects on the token; a TOTP code with SHA-512 takes four
blocks.
"""

_MASK = 0xFFFFFFFFFFFFFFFF
# The 80 round constants of section 4.2.3 as one string of 8-byte big-endian words: a tuple of 80
# long integers would take twice the flash and 80 heap objects.
_K = bytes.fromhex(
    "428a2f98d728ae227137449123ef65cdb5c0fbcfec4d3b2fe9b5dba58189dbbc3956c25bf348b538"
    "59f111f1b605d019923f82a4af194f9bab1c5ed5da6d8118d807aa98a303024212835b0145706fbe"
    "243185be4ee4b28c550c7dc3d5ffb4e272be5d74f27b896f80deb1fe3b1696b19bdc06a725c71235"
    "c19bf174cf692694e49b69c19ef14ad2efbe4786384f25e30fc19dc68b8cd5b5240ca1cc77ac9c65"
    "2de92c6f592b02754a7484aa6ea6e4835cb0a9dcbd41fbd476f988da831153b5983e5152ee66dfab"
    "a831c66d2db43210b00327c898fb213fbf597fc7beef0ee4c6e00bf33da88fc2d5a79147930aa725"
    "06ca6351e003826f142929670a0e6e7027b70a8546d22ffc2e1b21385c26c9264d2c6dfc5ac42aed"
    "53380d139d95b3df650a73548baf63de766a0abb3c77b2a881c2c92e47edaee692722c851482353b"
    "a2bfe8a14cf10364a81a664bbc423001c24b8b70d0f89791c76c51a30654be30d192e819d6ef5218"
    "d69906245565a910f40e35855771202a106aa07032bbd1b819a4c116b8d2d0c81e376c085141ab53"
    "2748774cdf8eeb9934b0bcb5e19b48a8391c0cb3c5c95a634ed8aa4ae3418acb5b9cca4f7763e373"
    "682e6ff3d6b2b8a3748f82ee5defb2fc78a5636f43172f6084c87814a1f0ab728cc702081a6439ec"
    "90befffa23631e28a4506cebde82bde9bef9a3f7b2c67915c67178f2e372532bca273eceea26619c"
    "d186b8c721c0c207eada7dd6cde0eb1ef57d4f7fee6ed17806f067aa72176fba0a637dc5a2c898a6"
    "113f9804bef90dae1b710b35131c471b28db77f523047d8432caab7b40c724933c9ebe0a15c9bebc"
    "431d67c49c100d4c4cc5d4becb3e42b6597f299cfc657e2a5fcb6fab3ad6faec6c44198c4a475817"
)
_INITIAL = (
    0x6A09E667F3BCC908,
    0xBB67AE8584CAA73B,
    0x3C6EF372FE94F82B,
    0xA54FF53A5F1D36F1,
    0x510E527FADE682D1,
    0x9B05688C2B3E6C1F,
    0x1F83D9ABFB41BD6B,
    0x5BE0CD19137E2179,
)


def sha512(data: bytes) -> bytes:
    """Return the 64-byte SHA-512 digest of data."""
    # Padding: a one bit, zeros up to 112 mod 128, the length in bits as 128-bit big-endian.
    data = (
        bytes(data) + b"\x80" + bytes((111 - len(data)) % 128) + (8 * len(data)).to_bytes(16, "big")
    )
    state = _INITIAL
    for start in range(0, len(data), 128):
        state = _compress(state, data, start)
    return b"".join([word.to_bytes(8, "big") for word in state])


def _compress(state: tuple, data: bytes, start: int) -> tuple:
    mask = _MASK
    w = [int.from_bytes(data[i : i + 8], "big") for i in range(start, start + 128, 8)]
    a, b, c, d, e, f, g, h = state
    for i in range(80):
        if i >= 16:
            # Rotations as shifts of the word written twice; the mask removes the upper half.
            x = w[(i + 1) & 15]
            y = w[(i + 14) & 15]
            xx = x << 64 | x
            yy = y << 64 | y
            w[i & 15] = (
                w[i & 15]
                + w[(i + 9) & 15]
                + ((xx >> 1 ^ xx >> 8 ^ x >> 7) & mask)
                + ((yy >> 19 ^ yy >> 61 ^ y >> 6) & mask)
            ) & mask
        ee = e << 64 | e
        aa = a << 64 | a
        t = (
            h
            + ((ee >> 14 ^ ee >> 18 ^ ee >> 41) & mask)
            + (g ^ (e & (f ^ g)))
            + int.from_bytes(_K[8 * i : 8 * i + 8], "big")
            + w[i & 15]
        )
        h, g, f, e = g, f, e, (d + t) & mask
        d, c, b, a = (
            c,
            b,
            a,
            (t + ((aa >> 28 ^ aa >> 34 ^ aa >> 39) & mask) + ((a & b) | (c & (a | b)))) & mask,
        )
    return tuple([(old + new) & mask for old, new in zip(state, (a, b, c, d, e, f, g, h))])
