"""One measured figure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured `value` in `unit`, and what it is held against: a `reference` in the same unit.

    A reference is measured in the same run, so that a slow or busy machine slows both; or it is a
    constant, where the value is a size or virtual time, which no machine changes. `budget` is what
    value / reference may be at most, or at least where `more_is_better`.
    """

    name: str
    value: float
    unit: str
    against: str
    reference: float
    budget: float = 1.0
    more_is_better: bool = False

    @property
    def ratio(self) -> float:
        """Give value / reference."""
        return self.value / self.reference

    @property
    def good(self) -> bool:
        """Say whether the ratio is within its budget."""
        return self.ratio >= self.budget if self.more_is_better else self.ratio <= self.budget
