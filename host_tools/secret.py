"""A wrapper that keeps secret bytes out of representations, messages and logs."""

import hmac


class Secret:
    """Secret bytes. Only `reveal()` gives them; repr and str show their length alone."""

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        """Wrap `value`."""
        self._value = bytes(value)

    def reveal(self) -> bytes:
        """Give the bytes; to be called only where they are used."""
        return self._value

    def __len__(self) -> int:
        """Count the bytes."""
        return len(self._value)

    def __eq__(self, other: object) -> bool:
        """Compare in constant time."""
        return isinstance(other, Secret) and hmac.compare_digest(self._value, other._value)

    def __hash__(self) -> int:
        """Hash the bytes, for sets."""
        return hash((Secret, self._value))

    def __repr__(self) -> str:
        """Show the length only."""
        return f"<Secret of {len(self._value)} bytes>"

    __str__ = __repr__

    def __reduce__(self) -> str | tuple[object, ...]:
        """Raise TypeError: a pickle would be a copy in the clear."""
        raise TypeError("A secret is never pickled.")
