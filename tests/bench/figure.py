"""One measured figure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured `value` in `unit`, against a `limit` it must not pass or a `peer` measured in
    the same run."""

    name: str
    value: float
    unit: str
    against: str
    reference: float
    more_is_better: bool = False

    @property
    def ratio(self) -> float:
        """Give value / reference."""
        return self.value / self.reference

    @property
    def good(self) -> bool:
        """Say whether the figure is on the right side of its reference."""
        return self.ratio >= 1 if self.more_is_better else self.ratio <= 1
