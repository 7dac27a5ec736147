"""Search ranges: the time steps or counters (*positions*) whose codes are accepted, and the codes
of a position.

TOTP and OCRA with a time step move by the clock; HOTP and OCRA with a counter by use; other OCRA
codes have the single position 0 and depend on their challenge alone.
"""

import hmac
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from host_tools.otp import codes


class CodeGenerator(NamedTuple):
    """Computes a token's codes. `secret` is bare: instances live no longer than one check."""

    kind: str  # "totp", "hotp" or "ocra"
    secret: bytes
    algorithm: str
    digits: int
    period: int | None  # seconds; of an OCRA suite, its time step
    suite: str | None = None

    def __repr__(self) -> str:
        """Tell all but the secret."""
        return f"<CodeGenerator of {self.kind}>"

    @property
    def by_counter(self) -> bool:
        """Say whether the position moves by use."""
        return self.kind == "hotp" or (
            self.suite is not None and codes.parse_suite(self.suite).has_counter
        )

    @property
    def by_time(self) -> bool:
        """Say whether the position is a time step."""
        return self.period is not None and not self.by_counter

    def is_well_formed(self, code: str) -> bool:
        """Say whether a text has as many decimal digits as the token shows."""
        return len(code) == self.digits and code.isascii() and code.isdigit()

    def idle(self, number: int) -> None:
        """Compute that many codes and drop them: a refused check costs the same whatever it was
        refused for, so that its time tells nothing."""
        codes.hotp_numbers(self.secret, range(number), self.digits, self.algorithm)

    def codes(self, position: int, steps: Sequence[int], challenge: str, pin: str) -> list[str]:
        """Give the right codes of a position: one, or for an OCRA suite with both a counter and a
        time step, one for each of `steps`."""
        if self.suite is None:
            return [codes.hotp(self.secret, position, self.digits, self.algorithm)]
        return [
            codes.ocra(
                self.secret,
                self.suite,
                challenge,
                counter=position if self.by_counter else None,
                pin=pin,
                unix_time=None if self.period is None else step * self.period,
            )
            for step in ((position,) if self.by_time else steps)
        ]


class SearchRange(NamedTuple):
    """The position that a token is expected at, and the first and last position whose code is
    accepted."""

    expected: int
    first: int
    last: int
    steps: tuple[int, ...] = (0,)  # time steps to try with every counter

    def nearest_first(self) -> Iterator[int]:
        """Give the positions of the range, the expected one first."""
        return iter(
            sorted(
                range(self.first, self.last + 1), key=lambda position: abs(position - self.expected)
            )
        )

    def around(self, before: int, after: int) -> Sequence[int]:
        """Give the positions outside the range, up to so many before and after it, the nearest
        first."""
        outside = (
            *range(max(0, self.first - before), self.first),
            *range(self.last + 1, self.last + 1 + after),
        )
        return sorted(outside, key=lambda position: abs(position - self.expected))


class CodeSearch:
    """The codes of one token in one check. `computed` is their number, the HMACs that the check has
    cost; what at() and matches() ask for is computed once."""

    def __init__(
        self,
        generator: CodeGenerator,
        searched: SearchRange,
        challenge: str | None = None,
        pin: str | None = None,
    ) -> None:
        """`challenge` and `pin` are what a response is computed of (OCRA)."""
        self._generator, self._searched = generator, searched
        self._challenge, self._pin = challenge or "", pin or ""
        self._known: dict[int, list[str]] = {}
        self.computed = 0

    def at(self, position: int) -> list[str]:
        """Give the right codes of a position: one, or one for each time step that may go with the
        counter."""
        if position not in self._known:
            self._known[position] = self._generator.codes(
                position, self._searched.steps, self._challenge, self._pin
            )
            self.computed += len(self._known[position])
        return self._known[position]

    def matches(self, code: str, position: int) -> bool:
        """Say whether a code is right at a position."""
        return any(hmac.compare_digest(code, right) for right in self.at(position))

    def matching(self, code: str, positions: Sequence[int]) -> list[int]:
        """Give those of many positions at which a code is right. All are computed, whichever it
        is."""
        generator = self._generator
        if generator.suite is not None:
            return [position for position in positions if self.matches(code, position)]
        numbers = codes.hotp_numbers(
            generator.secret, positions, generator.digits, generator.algorithm
        )
        self.computed += len(numbers)
        typed = int(code) if generator.is_well_formed(code) else None
        return [
            position for position, number in zip(positions, numbers, strict=True) if number == typed
        ]
