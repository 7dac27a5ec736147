"""Comparison of authentication tags."""


def equal(left: bytes, right: bytes) -> bool:
    """Whether both are the same, in a time that does not tell where they differ (only whether their
    lengths do)."""
    if len(left) != len(right):
        return False
    difference = 0
    for x, y in zip(left, right):
        difference |= x ^ y
    return difference == 0
