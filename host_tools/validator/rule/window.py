"""Search windows: the time steps or counters (*positions*) whose codes are accepted, and the codes
of a position.

TOTP and OCRA with a time step move by the clock; HOTP and OCRA with a counter by use; other OCRA
codes have the single position 0 and depend on their challenge alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from host_tools.otp import codes
from host_tools.otp.credential import MAX_COUNTER


@dataclass(frozen=True, slots=True)
class CodeGenerator:
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

    def code(self, position: int, step: int, challenge: str, pin: str | None) -> str:
        """Give the code of a position. `step` matters for an OCRA suite with both a counter and a
        time step."""
        if self.suite is None:
            return codes.hotp(self.secret, position, self.digits, self.algorithm)
        at_step = position if self.by_time else step
        return codes.ocra(
            self.secret,
            self.suite,
            challenge,
            counter=position if self.by_counter else None,
            pin=pin,
            unix_time=None if self.period is None else at_step * self.period,
        )


@dataclass(frozen=True, slots=True)
class SearchWindow:
    """The position that a token is expected at, and the first and last position whose code is
    accepted."""

    expected: int
    first: int
    last: int
    steps: tuple[int, ...] = (0,)  # time steps to try with every counter

    def nearest_first(self) -> Iterator[int]:
        """Give the positions of the window, the expected one first."""
        return iter(
            sorted(
                range(self.first, self.last + 1), key=lambda position: abs(position - self.expected)
            )
        )

    def around(self, before: int, after: int) -> Sequence[int]:
        """Give the positions outside the window, up to so many before and after it, the nearest
        first."""
        outside = (
            *range(max(0, self.first - before), self.first),
            *range(self.last + 1, self.last + 1 + after),
        )
        return sorted(outside, key=lambda position: abs(position - self.expected))


def search_window(  # noqa: PLR0913 - all that decides about the window
    generator: CodeGenerator,
    last: int,
    tolerance: int,
    look_ahead: int,
    token_time: float,
    *,
    reach: tuple[float, float] = (0.0, 0.0),
) -> SearchWindow:
    """Give the window of a token whose clock reads `token_time` (seconds), after position `last`
    was used (-1: none).

    `tolerance` is in steps to either side, `look_ahead` in counters. `reach` is by how many seconds
    the clock can be behind and ahead of `token_time`; it widens the window of a token that moves by
    the clock alone.
    """
    step = 0
    steps: tuple[int, ...] = (0,)
    if generator.period is not None:
        step = max(0, int(token_time // generator.period))
        steps = tuple(range(max(0, step - tolerance), step + tolerance + 1))
    if generator.by_counter:
        return SearchWindow(last + 1, last + 1, min(last + 1 + look_ahead, MAX_COUNTER), steps)
    if generator.by_time and generator.period is not None:
        first = int((token_time - reach[0]) // generator.period) - tolerance
        final = int((token_time + reach[1]) // generator.period) + tolerance
        return SearchWindow(step, max(0, first), final)
    return SearchWindow(0, 0, 0)
