"""The Montgomery ladder of X25519 on Python integers, where x25519_native.py does not load.

Python integers do not run in constant time. The token accepts that: each key is ephemeral, for one
handshake, so an attacker gets one noisy measurement per key (docs/security.md).
"""

P = (1 << 255) - 19
_A24 = 121665  # (486662 - 2) / 4


def ladder(k: int, u: int) -> int:
    """Return the u-coordinate of k times the point u (RFC 7748 section 5).

    Ten multiplications a bit. Differences may be negative: the next % brings them into range.
    """
    p = P
    x2, z2, x3, z3 = 1, 0, u, 1
    swapped = 0
    for t in range(254, -1, -1):
        bit = k >> t & 1
        if bit != swapped:
            x2, z2, x3, z3 = x3, z3, x2, z2
            swapped = bit
        a = x2 + z2
        b = x2 - z2
        da = (x3 - z3) * a % p
        cb = (x3 + z3) * b % p
        a = a * a % p
        b = b * b % p
        e = a - b
        x2 = a * b % p
        z2 = e * (a + _A24 * e) % p
        e = da + cb
        x3 = e * e % p
        e = da - cb
        z3 = u * (e * e) % p  # one reduction; for the base point u is a single digit
    if swapped:
        x2, z2 = x3, z3
    return x2 * invert(z2) % p


def invert(z: int) -> int:
    """Return z^(p - 2), by 254 squarings and 11 multiplications: half of what pow() needs, as
    nearly all bits of this exponent are ones."""
    p = P
    z2 = z * z % p
    z9 = _square(z2, 2) * z % p
    z11 = z9 * z2 % p
    ones5 = z11 * z11 % p * z9 % p  # z^(2^5 - 1), and so on
    ones10 = _square(ones5, 5) * ones5 % p
    ones20 = _square(ones10, 10) * ones10 % p
    ones40 = _square(ones20, 20) * ones20 % p
    ones50 = _square(ones40, 10) * ones10 % p
    ones100 = _square(ones50, 50) * ones50 % p
    ones200 = _square(ones100, 100) * ones100 % p
    ones250 = _square(ones200, 50) * ones50 % p
    return _square(ones250, 5) * z11 % p


def _square(z: int, times: int) -> int:
    for _ in range(times):
        z = z * z % P
    return z
