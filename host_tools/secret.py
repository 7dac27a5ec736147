"""A wrapper that keeps secret bytes out of representations, messages and logs."""

import hmac


class Secret:
    """Secret bytes. Only `reveal()` gives them; repr and str show their length alone."""

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        """Wrap `value`."""
        self._value = bytes(value)

    def reveal(self) -> bytes:
        """Give the bytes: call it where they are used, not before."""
        return self._value

    def __len__(self) -> int:
        return len(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value, other._value)

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __repr__(self) -> str:
        return f"<Secret of {len(self._value)} bytes>"

    __str__ = __repr__

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("A secret is never pickled.")
